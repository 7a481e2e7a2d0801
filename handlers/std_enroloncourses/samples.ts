import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

const learner = (n: number) => ({
  email: `learner.${n}@company.example`,
  firstname: 'Ada',
  lastname: `Learner ${n}`,
})

export default [
  { name: 'two courses for a year', internal: { courses: [2, 3], durationDays: 365 }, external: learner },
  {
    name: 'three courses until a day, with a support course',
    internal: { courses: [2, 4, 8], endsOn: '2035-12-31', supportCourse: 5 },
    external: learner,
  },
] satisfies Samples<typeof handler>[]
