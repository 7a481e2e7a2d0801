import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

const person = (n: number) => ({
  email: `person.${n}@company.example`,
  firstname: 'Ada',
  lastname: `Person ${n}`,
})

export default [
  {
    name: 'manager of a category for a year',
    internal: { category: 2, role: 'manager', durationDays: 365 },
    external: person,
  },
  {
    name: 'in a course, with a support course',
    internal: { level: 'course', course: 2, role: 'teacher', supportCourse: 5 },
    external: person,
  },
  { name: 'in the whole site', internal: { level: 'system', role: '9' }, external: person },
] satisfies Samples<typeof handler>[]
