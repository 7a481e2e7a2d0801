import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

// Letters: of numbers the kit can't tell whether they are ids, which may differ from run to run.
const letters = (n: number) => String.fromCharCode(65 + Math.floor(n / 26), 65 + (n % 26))

const answers = (n: number) => ({
  name: `Company ${letters(n)}`,
  email: `manager.${letters(n).toLowerCase()}@company.example`,
  firstname: 'Ada',
  lastname: `Manager ${letters(n)}`,
})

export default [
  { name: 'within a category, for a year', internal: { parent: 3, durationDays: 365 }, external: answers },
  { name: 'at the top, with a support course', internal: { supportCourse: 5 }, external: answers },
] satisfies Samples<typeof handler>[]
