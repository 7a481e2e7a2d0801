import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

const learner = (firstname: string) => ({
  email: `${firstname.toLowerCase()}@company.example`,
  firstname,
  lastname: 'Learner',
})

export default {
  internal: { days: 30, handlers: ['std_enroloncourse'] },
  before: {
    handler: 'std_enroloncourse',
    internal: { course: 2, durationDays: 365 },
    external: [learner('Ada'), learner('Grace')],
  },
  // As people type it.
  external: (n, before) => ({
    reference: before[(n - 1) % before.length]?.replaceAll('-', ' ').toLowerCase() ?? '',
  }),
} satisfies Samples<typeof handler>
