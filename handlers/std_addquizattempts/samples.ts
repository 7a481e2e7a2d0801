import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

// The quizzes of RGPD-01 on the sandbox's site: two attempts, and one.
export default {
  name: 'two quizzes',
  internal: { course: 4, quizzes: [1003, 1004], attempts: 2 },
  external: (n) => ({ email: `learner.${n}@company.example`, firstname: 'Ada', lastname: `Learner ${n}` }),
} satisfies Samples<typeof handler>
