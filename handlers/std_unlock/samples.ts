import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

// They are enrolled in the course on the sandbox's site, and not in this group.
const learners = [
  { email: 'amine.benali@atelier.example', firstname: 'Amine', lastname: 'Benali' },
  { email: 'tom.baker@atelier.example', firstname: 'Tom', lastname: 'Baker' },
  { email: 'claire.morel@atelier.example', firstname: 'Claire', lastname: 'Morel' },
] as const

export default [
  {
    name: 'for a year',
    internal: { course: 2, group: 2, durationDays: 365 },
    external: (n) => learners[n % 3] ?? learners[0],
    actions: {
      handOver: { email: 'lucie.garnier@atelier.example', firstname: 'Lucie', lastname: 'Garnier' },
    },
  },
] satisfies Samples<typeof handler>[]
