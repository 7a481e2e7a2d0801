// All that the tests of a handler may import, as boutique/sdk/testing.
export { formatProof } from './format-proof.ts'
export type { ProofFinding, ProofRow } from './prove-case.ts'
export { type Proof, type ProveOptions, proveHandler } from './prove-handler.ts'
export type { Samples, Service } from './samples.ts'
export { openWorld, type World } from './world.ts'
