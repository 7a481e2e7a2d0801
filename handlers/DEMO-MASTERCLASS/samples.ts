import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

export default {
  internal: { seats: 60, venue: 'Lyon', day: '2031-05-12' },
  external: (n) => ({ name: `Participant ${n}`, email: `participant.${n}@company.example` }),
} satisfies Samples<typeof handler>
