import type { CreditMovementKind } from '../../db/schema.ts'

const en = {
  lead: 'They pay for whatever we sell. Choose “Training credits” when you order.',
  balance: 'You can spend',
  movements: 'What came and went',
  none: 'You have no credits yet.',
  date: 'Date',
  what: 'What',
  amount: 'Credits',
  order: 'Order',
  kinds: {
    delivered: 'Bought',
    taken_back: 'Taken back',
    spent: 'Paid an order',
    given_back: 'Returned to you',
    corrected: 'Adjusted by our team',
    forfeited: 'Given up',
  } satisfies Record<CreditMovementKind, string>,
  youHave: (balance: string) => `You have ${balance} of credits.`,
  remain: (balance: string, rest: string) => `You have ${balance} of credits; ${rest} remain afterwards.`,
  tooFew: (balance: string) => `You have ${balance} of credits: too few for this order.`,
  notForCredits: 'This order brings credits itself, and can’t be paid with them.',
  otherwise: 'You can cancel this order and place it again with another means of payment, or write to us.',
  signInFirst: 'Your credits can pay the whole order, and access opens at once.',
  onlyOwner: (email: string) => `Your credits belong to ${email}: order with this address to pay with them.`,
  signInHere: 'Sign in to pay with your credits',
  signInToPay: (email: string) =>
    `To pay with your credits, sign in as ${email}: only the owner of credits can spend them.`,
  signIn: 'Sign in',
  payNow: (amount: string) => `Pay ${amount} with your credits`,
}

const fr: typeof en = {
  lead: 'Ils règlent tout ce que nous vendons. Choisissez « Crédits de formation » à la commande.',
  balance: 'Vous disposez de',
  movements: 'Entrées et sorties',
  none: 'Vous n’avez pas encore de crédits.',
  date: 'Date',
  what: 'Opération',
  amount: 'Crédits',
  order: 'Commande',
  kinds: {
    delivered: 'Achat',
    taken_back: 'Repris',
    spent: 'Règlement d’une commande',
    given_back: 'Restitués',
    corrected: 'Ajustement par notre équipe',
    forfeited: 'Abandon',
  },
  youHave: (balance) => `Vous avez ${balance} de crédits.`,
  remain: (balance, rest) => `Vous avez ${balance} de crédits ; il vous en restera ${rest}.`,
  tooFew: (balance) => `Vous avez ${balance} de crédits : trop peu pour cette commande.`,
  notForCredits: 'Cette commande apporte elle-même des crédits et ne se règle pas ainsi.',
  otherwise:
    'Vous pouvez annuler cette commande et la repasser avec un autre mode de paiement, ou nous écrire.',
  signInFirst: 'Vos crédits peuvent régler toute la commande, et l’accès s’ouvre aussitôt.',
  onlyOwner: (email) =>
    `Vos crédits sont au nom de ${email} : commandez avec cette adresse pour payer ainsi.`,
  signInHere: 'Se connecter pour payer en crédits',
  signInToPay: (email) =>
    `Pour payer avec vos crédits, connectez-vous avec ${email} : seul leur titulaire peut les dépenser.`,
  signIn: 'Se connecter',
  payNow: (amount) => `Payer ${amount} en crédits`,
}

/** The words of the credits of a customer. */
export const creditsTexts = { en, fr }
