import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

const learner = (n: number) => ({
  email: `learner.${n}@company.example`,
  firstname: 'Ada',
  lastname: `Learner ${n}`,
})

export default [
  { name: 'for a year', internal: { course: 2, durationDays: 365 }, external: learner },
  {
    name: 'once only, with a group for the buyer and a support course',
    internal: { course: 2, again: 'refuse', group: 1, buyerGroup: true, supportCourse: 5 },
    external: learner,
  },
] satisfies Samples<typeof handler>[]
