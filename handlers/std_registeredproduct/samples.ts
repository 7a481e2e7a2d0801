import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

export default [
  { name: 'for ever', internal: {}, external: () => ({}) },
  {
    name: 'for a year, with a mail and a support course',
    internal: {
      durationDays: 365,
      mailEn: 'Your licence is open.',
      mailFr: 'Votre licence est ouverte.',
      link: 'https://licences.example/',
      supportCourse: 5,
    },
    external: () => ({}),
    actions: { changeEnd: { endsOn: '2030-06-30' } },
  },
] satisfies Samples<typeof handler>[]
