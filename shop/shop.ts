import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import type { ComparedUpTo, Database, Fault } from '../db/schema.ts'
import type { Means } from '../payments/means.ts'
import type { Queue } from '../production/queue.ts'
import type { Registry } from '../production/registry.ts'
import type { Moodle } from '../sdk/index.ts'
import type { Seal } from './seal.ts'

/** What one person has of the site: in a course, or as a member of a cohort or of those with a role outside courses. */
export type AccessTarget = { course: number; user: number } | { membership: string; user: number }

/** The Moodle site that the shop delivers to: what handlers see, and the giving of access from our rows. */
export type Site = Moodle & {
  /** Locks what these people have, before a transaction looks at the products that give it, or changes them. */
  lockAccess(trx: Transaction<Database>, targets: AccessTarget[]): Promise<void>
  /**
   * Says, in the transaction that changes products, that these are no longer what Moodle was told. Who does so tells
   * Moodle afterwards; with `due` that is left to `applyDue`.
   */
  touchAccess(trx: Transaction<Database>, targets: AccessTarget[], options?: { due?: boolean }): Promise<void>
  /**
   * Makes Moodle agree with our rows. Safe to repeat and to race. `again` tells it even what was told: for a retry, which
   * can't know what its forerunner still did after it was thought dead. `forerunnerDied`: a call of it may still come late,
   * and all is told once more when it can no longer.
   */
  applyAccess(targets: AccessTarget[], options?: { again?: boolean; forerunnerDied?: boolean }): Promise<void>
  /**
   * Tells Moodle what time has changed, and again what an unanswered call may have undone; `limit` at the most. Throws when
   * the site is away: all then stays due.
   */
  applyDue(limit: number): Promise<{ told: number; failed: number }>
  /** Tells Moodle these, told before or not. Returns those that it refuses. Throws when the site is away. */
  attemptAccess(targets: AccessTarget[]): Promise<(AccessTarget & { trouble: string })[]>
  /** Compares all that products give with what Moodle shows, from `after` on. Changes nothing. */
  compareAccess(after: Omit<ComparedUpTo, 'checked'> | null): AsyncGenerator<Compared>
  /**
   * The same site for a rehearsal: what reads is asked, what writes is noted and not sent. `db` keeps what it notes of
   * accounts and access, for its user to undo; `read` stands around each question that does go to Moodle.
   */
  rehearse(options: {
    db: Kysely<Database>
    note: (call: RehearsedCall) => void
    read: <T>(ask: () => Promise<T>) => Promise<T>
  }): Omit<Site, 'rehearse'>
}

/** A call that was not sent, and the answer that was made up. */
export type RehearsedCall = { function: string; parameters: Record<string, unknown>; answer: unknown }

/** How the site differs from our rows. `user` null: the course or the cohort itself could not be read. */
export type Difference = { user: number | null; faults: Fault[] } & (
  | { course: number }
  | { membership: string }
)

/** A part of a comparison: what it found, how many rows were compared, and where to go on once it is over. */
export type Compared = { differences: Difference[]; checked: number; upTo?: Omit<ComparedUpTo, 'checked'> }

export type ShopSettings = {
  name: string
  publicUrl: string
  currency: string
  /** Days that a deferred payment may take. */
  paymentDays: number
  /** Mails leave the shop; otherwise they are kept for the office to read. */
  mailing: boolean
}

/** What the functions of the shop work with: made once, in the composition root. */
export type Shop = {
  db: Kysely<Database>
  queue: Queue
  registry: () => Registry
  site: Site
  /** The means of payment that are switched on, by id. */
  means: ReadonlyMap<string, Means>
  settings: ShopSettings
  /** Seals the secrets of entries' parameters. */
  seal: Seal
  log: Logger
}
