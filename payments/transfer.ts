import type { Means } from './means.ts'

/** The bank transfer: a reference to quote, an account to pay to, a deadline; an operator validates it. */
export function transfer(account: { holder: string; iban: string; bic: string }): Means {
  return {
    id: 'transfer',
    kind: 'deferred',
    title: { en: 'Bank transfer', fr: 'Virement bancaire' },
    summary: {
      en: 'You get a reference and our bank details. Access opens once we have received the money.',
      fr: 'Vous recevez une référence et nos coordonnées bancaires. L’accès s’ouvre à réception du paiement.',
    },
    instructions: (order) => [
      { label: { en: 'Account holder', fr: 'Titulaire du compte' }, value: account.holder },
      { label: { en: 'IBAN', fr: 'IBAN' }, value: account.iban },
      { label: { en: 'BIC', fr: 'BIC' }, value: account.bic },
      { label: { en: 'Reference to quote', fr: 'Référence à indiquer' }, value: order.reference },
    ],
  }
}
