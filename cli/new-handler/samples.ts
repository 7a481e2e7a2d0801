import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

// What `npx boutique test` proves the handler with, on the sandbox's site. What is left out is made up from the schemas.
export default {
  internal: { course: 2, durationDays: 365 },
  external: (n) => ({ email: `learner.${n}@company.example`, firstname: 'Ada', lastname: `Learner ${n}` }),
} satisfies Samples<typeof handler>
