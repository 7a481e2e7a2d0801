const en = {
  unavailable: 'Not available right now',
  quantity: 'Quantity',
  add: 'Add to cart',
  forProduct: 'For your product',
  contains: 'What is in it',
  oneByOne: 'One by one',
  youSave: (amount: string) => `You save ${amount}`,
  sayWho: 'Say who it is for.',
  asked: (labels: string[]) => `In the cart we ask, for each unit: ${labels.join(', ')}.`,
  pay: 'Pay as you like.',
  follow: 'Follow it live.',
  followHow: 'Your order has a page of its own that shows each unit as it becomes ready.',
}

const fr: typeof en = {
  unavailable: 'Indisponible pour le moment',
  quantity: 'Quantité',
  add: 'Ajouter au panier',
  forProduct: 'Pour votre produit',
  contains: 'Ce que contient l’offre',
  oneByOne: 'À l’unité',
  youSave: (amount) => `Vous économisez ${amount}`,
  sayWho: 'Dites pour qui.',
  asked: (labels) => `Dans le panier, nous demandons pour chaque unité : ${labels.join(', ')}.`,
  pay: 'Payez comme il vous convient.',
  follow: 'Suivez en direct.',
  followHow: 'Votre commande a sa propre page, où chaque unité apparaît dès qu’elle est prête.',
}

/** The words of an entry's page. */
export const entryTexts = { en, fr }
