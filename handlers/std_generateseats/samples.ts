import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

const learner = (name: string) => (n: number) => ({
  email: `${name}.${n}@company.example`,
  firstname: 'Ada',
  lastname: `${name} ${n}`,
})

const actions = { give: learner('first'), handOver: learner('second'), changeEnd: { endsOn: '2029-12-31' } }
const actsBefore = { takeBack: ['give'], handOver: ['give'], resume: ['give', 'suspend'], revoke: ['give'] }

export default [
  {
    name: 'two seats for a year each',
    internal: { courses: ['SST-*'], seats: 2, durationDays: 365 },
    actions,
    actsBefore,
  },
  {
    name: 'a seat of several courses until a date, used once entered',
    internal: { courses: ['rgpd-01', 'SQL-*'], seats: 1, endsOn: '2030-12-31', lockOnceEntered: true },
    actions,
    actsBefore,
  },
] satisfies Samples<typeof handler>[]
