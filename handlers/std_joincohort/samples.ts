import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

const learner = (n: number) => ({
  email: `learner.${n}@company.example`,
  firstname: 'Ada',
  lastname: `Learner ${n}`,
})

export default [
  { name: 'for a year', internal: { cohort: 2, durationDays: 365 }, external: learner },
  {
    name: 'with a support course, without an end',
    internal: { cohort: 2, supportCourse: 5 },
    external: learner,
  },
] satisfies Samples<typeof handler>[]
