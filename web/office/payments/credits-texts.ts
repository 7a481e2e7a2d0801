import type { CreditMovementKind } from '../../../db/schema.ts'

const en = {
  title: 'Credits',
  text: 'What customers have with you: they pay orders with it.',
  of: (email: string) => `Credits of ${email}`,
  search: 'Search credits',
  searchHint: 'The start of an e-mail',
  none: 'Nobody has credits yet',
  noneHelp: 'Sell them with an entry whose handler is “Training credits”.',
  customer: 'Customer',
  balance: 'Balance',
  movements: 'What came and went',
  noMovements: 'This customer never had credits.',
  at: 'When',
  what: 'What',
  who: 'By',
  amount: 'Amount',
  seeOrders: 'See their orders',
  correct: 'Correct the balance',
  correctHelp: 'The customer sees the amount; the reason stays in the office.',
  correctNow: 'Correct it',
  tooMuch: (balance: string) => `There are ${balance} to take away, and no more.`,
  zero: 'Give an amount other than 0.',
  link: 'Credits',
  brought: 'Brought credits',
  atStake: (brought: string, left: string, spent: string) =>
    `It brought ${brought} of credits: ${left} can still be taken back, ${spent} are spent and will be missing.`,
  allLeft: (brought: string) => `Its ${brought} of credits are taken back with it.`,
  putBack: 'Put back on their credits',
  putBackHelp:
    'This order was paid with credits. They are back on the account at once: no transfer is needed.',
  kinds: {
    delivered: 'Bought',
    taken_back: 'Taken back with their product',
    spent: 'Paid an order',
    given_back: 'Given back',
    corrected: 'Correction',
    forfeited: 'Forfeited',
  } satisfies Record<CreditMovementKind, string>,
}

const fr: typeof en = {
  title: 'Crédits',
  text: 'Ce dont vos clients disposent chez vous pour régler des commandes.',
  of: (email) => `Crédits de ${email}`,
  search: 'Rechercher dans les crédits',
  searchHint: 'Début d’une adresse e-mail',
  none: 'Personne n’a encore de crédits',
  noneHelp: 'Vendez-en avec une entrée dont le gestionnaire est « Crédits de formation ».',
  customer: 'Client',
  balance: 'Solde',
  movements: 'Entrées et sorties',
  noMovements: 'Ce client n’a jamais eu de crédits.',
  at: 'Date',
  what: 'Opération',
  who: 'Par',
  amount: 'Montant',
  seeOrders: 'Voir ses commandes',
  correct: 'Corriger le solde',
  correctHelp: 'Le client voit le montant ; le motif reste dans le back-office.',
  correctNow: 'Corriger',
  tooMuch: (balance) => `Il y a ${balance} à retirer, pas davantage.`,
  zero: 'Indiquez un montant différent de 0.',
  link: 'Crédits',
  brought: 'Crédits apportés',
  atStake: (brought, left, spent) =>
    `Elle a apporté ${brought} de crédits : ${left} peuvent encore être repris, ${spent} sont dépensés et manqueront.`,
  allLeft: (brought) => `Ses ${brought} de crédits sont repris avec elle.`,
  putBack: 'Restituer en crédits',
  putBackHelp:
    'Cette commande a été réglée en crédits. Ils reviennent aussitôt sur le compte : aucun virement n’est nécessaire.',
  kinds: {
    delivered: 'Achat',
    taken_back: 'Repris avec leur produit',
    spent: 'Règlement d’une commande',
    given_back: 'Restitution',
    corrected: 'Correction',
    forfeited: 'Abandon',
  },
}

/** What the office says of credits. */
export const texts = { en, fr }
