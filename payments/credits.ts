import type { Means } from './means.ts'

export const creditsId = 'credits'

/** What the customer has with the shop: no money moves, the shop itself takes it off their account. */
export const credits: Means = {
  id: creditsId,
  kind: 'credits',
  title: { en: 'Training credits', fr: 'Crédits de formation' },
  summary: {
    en: 'Your credits pay the whole order. Access opens at once.',
    fr: 'Vos crédits règlent toute la commande. L’accès s’ouvre aussitôt.',
  },
}
