import type {
  Database,
  EntryState,
  OrderState,
  ProductionState,
  ProductState,
  UnitState,
} from '../../db/schema.ts'
import type { Locale } from './locale.ts'
import { texts } from './texts.ts'

export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger'

const tones = {
  entry: { draft: 'neutral', on_sale: 'success', retired: 'neutral' } satisfies Record<EntryState, Tone>,
  order: {
    placed: 'info',
    awaiting_payment: 'warning',
    paid: 'info',
    completed: 'success',
    refused: 'danger',
    cancelled: 'neutral',
    expired: 'neutral',
    refunded: 'neutral',
  } satisfies Record<OrderState, Tone>,
  unit: {
    ordered: 'neutral',
    preparing: 'info',
    prepared: 'info',
    producing: 'info',
    produced: 'success',
    retrying: 'warning',
    needs_operator: 'danger',
    refused: 'danger',
    skipped: 'neutral',
    cancelled: 'neutral',
    released: 'neutral',
    revoked: 'neutral',
  } satisfies Record<UnitState, Tone>,
  production: {
    queued: 'neutral',
    running: 'info',
    retrying: 'warning',
    needs_operator: 'danger',
    done: 'success',
    refused: 'danger',
    skipped: 'neutral',
    cancelled: 'neutral',
  } satisfies Record<ProductionState, Tone>,
  product: {
    active: 'success',
    suspended: 'warning',
    ended: 'neutral',
    revoked: 'neutral',
  } satisfies Record<ProductState, Tone>,
  payment: { counted: 'success', set_aside: 'warning' } satisfies Record<Database['payments']['state'], Tone>,
  giveBack: { due: 'warning', done: 'neutral' } satisfies Record<'due' | 'done', Tone>,
  site: { up: 'success', down: 'danger', paused: 'warning' } satisfies Record<'up' | 'down' | 'paused', Tone>,
  mail: { queued: 'info', sent: 'success', kept: 'neutral', failed: 'danger' } satisfies Record<
    'queued' | 'sent' | 'kept' | 'failed',
    Tone
  >,
}

type Kind = keyof typeof tones
/** A state and the kind of thing that has it: `{ kind: 'order', state: 'paid' }`. */
export type Stated = { [K in Kind]: { kind: K; state: keyof (typeof tones)[K] } }[Kind]

/** The word of a state, in the reader's language. */
export function stateText(stated: Stated, locale: Locale): string {
  const words: Record<string, string> = texts[locale].states[stated.kind]
  return words[stated.state] ?? stated.state
}

/** The state of something: a colour and, always, its word. */
export function StateBadge(props: Stated & { locale: Locale }) {
  const tone: Record<string, Tone> = tones[props.kind]
  return <Badge tone={tone[props.state] ?? 'neutral'}>{stateText(props, props.locale)}</Badge>
}

/** A short word with a colour. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: string | number }) {
  return <span class={`badge ${tone}`}>{children}</span>
}
