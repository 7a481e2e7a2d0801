import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

// Letters: of numbers the kit can't tell whether they are ids, which may differ from run to run.
const letters = (n: number) => String.fromCharCode(65 + Math.floor(n / 26), 65 + (n % 26))

const answers = (n: number) => ({
  fullname: `Safety at work, company ${letters(n)}`,
  shortname: `SAFETY-${letters(n)}`,
  email: `owner.${letters(n).toLowerCase()}@company.example`,
  firstname: 'Ada',
  lastname: `Owner ${letters(n)}`,
})

export default [
  {
    name: 'for a year',
    internal: { template: 15, category: 1, durationDays: 365, atEnd: 'hide' as const },
    external: answers,
  },
  {
    name: 'hidden at first, with a support course',
    internal: { template: 15, category: 2, visible: false, supportCourse: 5 },
    external: answers,
  },
] satisfies Samples<typeof handler>[]
