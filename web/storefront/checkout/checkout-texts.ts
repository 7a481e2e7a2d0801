const en = {
  title: 'Your details and payment',
  you: 'Who orders',
  company: 'For the invoice',
  optional: 'optional',
  means: 'How would you like to pay?',
  summary: 'Your order',
  accept: 'I accept the',
  terms: 'terms of sale',
  newTab: 'opens in a new tab',
  place: (amount: string) => `Order and pay ${amount}`,
  placeFree: 'Place the order',
  after: 'You then get a page of its own for this order, where you follow each unit.',
  backToCart: 'Look at the cart',
}

const fr: typeof en = {
  title: 'Vos coordonnées et le paiement',
  you: 'Qui commande',
  company: 'Pour la facture',
  optional: 'facultatif',
  means: 'Comment souhaitez-vous payer ?',
  summary: 'Votre commande',
  accept: 'J’accepte les',
  terms: 'conditions de vente',
  newTab: 'nouvel onglet',
  place: (amount) => `Commander et payer ${amount}`,
  placeFree: 'Passer la commande',
  after: 'Votre commande aura ensuite sa propre page, où vous suivrez chaque unité.',
  backToCart: 'Revoir le panier',
}

/** The words of the checkout. */
export const checkoutTexts = { en, fr }
