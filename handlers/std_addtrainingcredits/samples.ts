import type { Samples } from 'boutique/sdk/testing'
import type handler from './handler.ts'

export default {
  internal: { creditsCents: 50_000 },
  external: () => ({}),
} satisfies Samples<typeof handler>
