import type { ColumnType, Generated } from 'kysely'
import type { Feedback, Text } from '../sdk/index.ts'

type Json<T> = ColumnType<T, string, string>
type Moment = ColumnType<Date, Date | string, Date | string>
type MomentByDefault = ColumnType<Date, Date | string | undefined, Date | string>
type CreatedAt = ColumnType<Date, Date | undefined, never>

export type Role = 'admin' | 'operator' | 'viewer'
export type EntryState = 'draft' | 'on_sale' | 'retired'
export type OrderState =
  | 'placed'
  | 'awaiting_payment'
  | 'paid'
  | 'completed'
  | 'refused'
  | 'cancelled'
  | 'expired'
  | 'refunded'
export type UnitState =
  | 'ordered'
  | 'preparing'
  | 'prepared'
  | 'producing'
  | 'produced'
  | 'retrying'
  | 'needs_operator'
  | 'refused'
  | 'skipped'
  | 'cancelled'
  | 'released'
  | 'revoked'
export type ProductionState =
  | 'queued'
  | 'running'
  | 'retrying'
  | 'needs_operator'
  | 'done'
  | 'refused'
  | 'skipped'
  | 'cancelled'
export type MailKind =
  | 'order_placed'
  | 'order_paid'
  | 'order_closed'
  | 'payment_partial'
  | 'unit_delayed'
  | 'feedback'
  | 'product_ending'
  | 'sign_in'
export type CreditMovementKind =
  | 'delivered'
  | 'taken_back'
  | 'spent'
  | 'given_back'
  | 'corrected'
  | 'forfeited'
export type ProductState = 'active' | 'suspended' | 'ended' | 'revoked'

/** Who pays: kept with the order, erasable. */
export type Customer = {
  email: string
  firstname: string
  lastname: string
  company?: string
  address?: string
  vatNumber?: string
}

/** Why a production stopped: what an operator reads and what a program sorts by. */
export type Cause = {
  kind: 'outage' | 'maintenance' | 'token' | 'moodle' | 'refused' | 'wait' | 'handler' | 'interrupted'
  message: string
  code?: string
  call?: string
}

/** The frozen copy of a catalog entry that an order line keeps (design, invariant 9). */
export type FrozenEntry = {
  code: string
  title: Text
  unitCents: number
  currency: string
  vatBasisPoints: number
  handler: string | null
  internal: Record<string, unknown>
  fields: unknown[]
}

/** An entry within a bundle, and how many units of it one bundle has. */
export type Part = { code: string; quantity: number }

/** The bundle that an order line was bought in, frozen as well. `cents`: the price of one; `quantity`: how many. */
export type FrozenBundle = { code: string; title: Text; cents: number; quantity: number }

/** What was typed so far for one thing that is bought, right or wrong. */
export type CartAnswers = {
  forMe: boolean
  external: Record<string, unknown>
  fields: Record<string, unknown>
}

/** One unit in a cart. */
export type CartUnit = CartAnswers & {
  key: string
  /** Of a bundle: the answers for its parts; the second of one code are those for its second unit. */
  parts?: ({ code: string } & CartAnswers)[]
  /** Of a bundle: whoever is named for the first part takes the others too. */
  sameLearner?: boolean
}

export type CartContent = {
  /** `same`: the fields whose first answer goes to all units of the line, `external.company` or `fields.diet`. */
  lines: { code: string; units: CartUnit[]; same?: string[] }[]
  customer?: Partial<Customer>
}

export interface Database {
  operators: {
    id: Generated<number>
    email: string
    name: string
    password_hash: string
    role: Role
    created_at: CreatedAt
    disabled_at: Moment | null
  }
  sessions: { token_hash: Buffer; operator_id: number; created_at: CreatedAt; expires_at: Moment }
  api_tokens: {
    id: Generated<number>
    operator_id: number
    name: string
    token_hash: Buffer
    role: Role
    created_at: CreatedAt
    last_used_at: Moment | null
    revoked_at: Moment | null
  }
  idempotency_keys: {
    caller: string
    key: string
    request_hash: Buffer
    status: number | null
    response: Json<unknown> | null
    created_at: MomentByDefault
  }
  entries: {
    id: Generated<number>
    code: string
    state: Generated<EntryState>
    title: Json<Text>
    summary: Json<Text>
    description: Json<Text>
    category: Json<Text>
    price_cents: number
    currency: string
    vat_basis_points: number
    handler: string | null
    internal: Json<Record<string, unknown>>
    fields: Json<unknown[]>
    parts: ColumnType<Part[], string | undefined, string>
    max_quantity: number | null
    position: Generated<number>
    revision: Generated<number>
    created_at: CreatedAt
    updated_at: MomentByDefault
  }
  carts: {
    id: string
    token_hash: Buffer
    content: Json<CartContent>
    revision: Generated<number>
    updated_at: MomentByDefault
  }
  orders: {
    id: Generated<number>
    number: string
    token: string
    cart_id: string | null
    state: OrderState
    locale: 'en' | 'fr'
    customer: Json<Customer>
    customer_email: string
    currency: string
    total_cents: number
    vat_cents: number
    paid_cents: Generated<number>
    means: string
    payment_reference: string
    pay_before: Moment | null
    terms_accepted_at: Moment
    placed_at: CreatedAt
    paid_at: Moment | null
    produced_at: Moment | null
    trusted_by: number | null
    trusted_at: Moment | null
    trusted_why: string | null
  }
  order_lines: {
    id: Generated<number>
    order_id: number
    position: number
    entry_id: number
    entry: Json<FrozenEntry>
    quantity: number
    unit_cents: number
    total_cents: number
    vat_cents: number
    bundle: Json<FrozenBundle> | null
  }
  units: {
    id: Generated<number>
    order_id: number
    line_id: number
    position: number
    state: UnitState
    external: Json<Record<string, unknown>>
    fields: Json<Record<string, unknown>>
    feedback: Json<Text> | null
    erased_at: Moment | null
  }
  history: {
    id: Generated<number>
    order_id: number
    unit_id: number | null
    at: CreatedAt
    who: string
    event: string
    from_state: string | null
    to_state: string | null
    why: string | null
  }
  notifications: {
    means: string
    event_id: string
    order_number: string | null
    body: Json<unknown>
    outcome: string
    received_at: CreatedAt
  }
  payments: {
    id: Generated<number>
    order_id: number
    means: string
    reference: string
    amount_cents: number
    currency: string
    paid_on: string
    state: 'counted' | 'set_aside'
    recorded_by: string
    note: string | null
    created_at: CreatedAt
  }
  give_backs: {
    id: Generated<number>
    order_id: number
    unit_id: number | null
    product_id: number | null
    payment_id: number | null
    amount_cents: number
    currency: string
    why: string
    created_at: CreatedAt
    done_at: Moment | null
    done_by: string | null
    done_note: string | null
  }
  productions: {
    id: Generated<number>
    order_id: number
    unit_id: number
    script: string
    occasion: Generated<string>
    handler: string
    input: Json<unknown>
    state: Generated<ProductionState>
    attempt: Generated<number>
    failures: Generated<number>
    interruptions: Generated<number>
    job_id: string | null
    due_at: MomentByDefault
    worker: string | null
    started_at: Moment | null
    ended_at: Moment | null
    cause: Json<Cause> | null
    feedback: Json<Feedback> | null
    created_at: CreatedAt
  }
  steps: {
    production_id: number
    name: string
    attempt: number
    result: Json<unknown> | null
    milliseconds: number
    at: CreatedAt
  }
  failures: {
    production_id: number
    attempt: number
    at: CreatedAt
    step: string | null
    cause: Json<Cause>
  }
  products: {
    id: Generated<number>
    reference: string
    order_id: number
    unit_id: number
    /** Written by the database: what was bought. */
    entry_id: Generated<number>
    key: string
    handler: string
    title: Json<Text>
    link: string | null
    holder: Json<{ email: string; firstname: string; lastname: string }> | null
    holder_user: number | null
    starts_at: Moment
    ends_at: Moment | null
    state: Generated<ProductState>
    /** Days that other units have added to its end, less those that were taken back. */
    added_days: Generated<number>
    data: Json<Record<string, unknown>>
    created_at: CreatedAt
  }
  product_history: {
    id: Generated<number>
    product_id: number
    at: CreatedAt
    who: string
    event: string
    data: Json<Record<string, unknown>>
    why: string | null
  }
  batches: {
    id: Generated<number>
    action: string
    who: string
    audience: 'operator' | 'customer'
    request: string
    order_id: number | null
    created_at: CreatedAt
  }
  batch_rows: { batch_id: number; position: number; product_id: number; production_id: number }
  /** `ends_on`: the day, in UTC. */
  product_warnings: { product_id: number; days: number; ends_on: string; told_at: CreatedAt }
  entitlements: {
    product_id: number
    site: string
    course_id: number
    user_id: number
    role_id: number | null
    group_id: number | null
    enrols: Generated<boolean>
    stays: Generated<boolean>
    withdrawn_at: Moment | null
  }
  enrolments: {
    site: string
    course_id: number
    user_id: number
    revision: Generated<number>
    applied_revision: Generated<number>
    applied: Json<Enrolment> | null
    applied_at: Moment | null
    look_again_at: Moment | null
    trouble: string | null
    doubted_until: Moment | null
  }
  membership_entitlements: {
    product_id: number
    site: string
    target: string
    user_id: number
    stays: Generated<boolean>
    withdrawn_at: Moment | null
  }
  memberships: {
    site: string
    target: string
    user_id: number
    revision: Generated<number>
    applied_revision: Generated<number>
    applied: boolean | null
    applied_at: Moment | null
    look_again_at: Moment | null
    trouble: string | null
    doubted_until: Moment | null
  }
  reconciliations: {
    id: Generated<number>
    site: string
    state: Generated<'running' | 'done' | 'failed'>
    asked_by: string
    total: number
    checked: Generated<number>
    position: Json<ComparedUpTo> | null
    cause: string | null
    started_at: CreatedAt
    seen_at: MomentByDefault
    ended_at: Moment | null
  }
  differences: {
    id: Generated<number>
    reconciliation_id: number
    course_id: number | null
    target: string | null
    user_id: number | null
    faults: Json<Fault[]>
    found_at: CreatedAt
    repair: 'asked' | 'repaired' | 'refused' | null
    repair_asked_by: string | null
    repaired_at: Moment | null
    trouble: string | null
  }
  credit_accounts: {
    id: Generated<number>
    email: string | null
    currency: string
    balance_cents: Generated<number>
    created_at: CreatedAt
  }
  credit_movements: {
    id: Generated<number>
    account_id: number
    at: CreatedAt
    kind: CreditMovementKind
    cause: string
    amount_cents: number
    who: string
    why: string | null
    order_id: number | null
    product_id: number | null
  }
  customer_links: { key_hash: Buffer; email: string; created_at: CreatedAt; expires_at: Moment }
  customer_sessions: { key_hash: Buffer; email: string; created_at: CreatedAt; expires_at: Moment }
  reservations: { name: string; unit_id: number; created_at: CreatedAt }
  accounts: {
    site: string
    email: string
    user_id: number | null
    creating_until: Moment | null
  }
  sites: {
    id: string
    state: Generated<'up' | 'down' | 'paused'>
    cause: string | null
    since: MomentByDefault
    checked_at: Moment | null
  }
  mails: {
    id: Generated<number>
    order_id: number | null
    key: string
    kind: MailKind
    data: Json<Record<string, unknown>>
    recipient: string
    subject: string | null
    body: string | null
    state: 'queued' | 'sent' | 'kept' | 'failed'
    cause: string | null
    created_at: CreatedAt
    sent_at: Moment | null
  }
  settings: { key: string; value: Json<unknown> }
}

/** What one person has in one course, as Moodle was told. Times are Unix seconds; 0 means none, as in Moodle. */
export type Enrolment = {
  startsAt: number
  endsAt: number
  suspended: boolean
  /** None: the person is not enrolled by us. */
  roles: number[]
  groups: number[]
  /** What is given in the course beside an enrolment. */
  beside?: { roles: number[]; groups: number[] }
}

/** How far a comparison with the site has come: the last course or membership that is done with. */
export type ComparedUpTo = { course?: number; membership?: string; checked: number }

/** How the site differs from what products imply for one person in one course, or for one membership. */
export type Fault =
  /** Our rows have moved on and Moodle has not been told. */
  | { kind: 'behind'; trouble: string | null }
  /** Moodle was told another period or other dates than products imply now. No call reads what it has. */
  | { kind: 'told_otherwise' }
  /** The account is gone from the site. */
  | { kind: 'account_gone' }
  /** Not enrolled there. */
  | { kind: 'missing' }
  | { kind: 'suspended_there' | 'active_there' }
  /** Ids of roles or groups: not there, or still there though no product gives them any more. */
  | { kind: 'role_missing' | 'role_left' | 'group_missing' | 'group_left'; ids: number[] }
  /** Not in the cohort, or still in it. */
  | { kind: 'not_member' | 'member_there' }
  /** The course or the cohort itself: gone, or hidden from the shop. `people`: how many it concerns. */
  | { kind: 'unreadable'; cause: string; people: number }
