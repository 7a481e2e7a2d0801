// All that the tests of a handler may import, as boutique/sdk/testing.

export type { ProofFinding } from './findings.ts'
export { formatProof } from './format-proof.ts'
export { writeProofs } from './format-proofs.ts'
export type { ProofRow } from './prove-case.ts'
export { type Proof, type ProveOptions, proveHandler } from './prove-handler.ts'
export type { Samples, Service } from './samples.ts'
export { openWorlds, type World, type Worlds } from './world.ts'
