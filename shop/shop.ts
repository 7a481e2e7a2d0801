import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../db/schema.ts'
import type { Means } from '../payments/means.ts'
import type { Queue } from '../production/queue.ts'
import type { Registry } from '../production/registry.ts'
import type { Moodle } from '../sdk/index.ts'
import type { Seal } from './seal.ts'

/** An enrolment to set: one person in one course of the site. */
export type EnrolmentTarget = { course: number; user: number }

/** The Moodle site that the shop delivers to: what handlers see, and the setting of enrolments from our rows. */
export type Site = Moodle & {
  /** Says, in the transaction that changes products, that these enrolments are no longer what Moodle was told. */
  touchEnrolments(trx: Transaction<Database>, targets: EnrolmentTarget[]): Promise<void>
  /**
   * Makes Moodle agree with our rows. Safe to repeat and to race. `again` tells it even what was told: for a retry, which
   * can't know what its forerunner still did after it was thought dead.
   */
  applyEnrolments(targets: EnrolmentTarget[], options?: { again?: boolean }): Promise<void>
}

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
