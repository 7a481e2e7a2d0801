import type { MailKind, OrderState, UnitState } from '../db/schema.ts'
import { handlerOf } from '../production/registry.ts'
import { elementsOf, type FormErrors, parseElements, validate } from '../sdk/form.ts'
import type { Finding, Handler, Person, Text } from '../sdk/index.ts'
import { isBundle } from './bundle.ts'
import type { EntryDraft } from './check-entry.ts'
import { setStage } from './dry-stage.ts'
import { unitForms } from './entry.ts'
import { holdBack } from './hold-back.ts'
import { playSale } from './play-sale.ts'
import { sampleAnswers } from './sample-answers.ts'
import { openKnownSecrets } from './seal.ts'
import type { Shop } from './shop.ts'
import { undone } from './undone.ts'

/** What is tried: an entry as it is kept, or as an operator has just written it. */
export type DryEntry = Pick<
  EntryDraft,
  'code' | 'title' | 'handler' | 'internal' | 'fields' | 'parts' | 'priceCents' | 'vatBasisPoints'
>

/** One unit's answers: those that the handler asks, and those to the operator's own fields. */
export type DryAnswers = { external: Record<string, unknown>; fields?: Record<string, unknown> }

/** One thing that the sale would do, in words; `call`: the call that Moodle would get. */
export type DryLine = {
  when: 'ordered' | 'paid'
  says: Text
  call?: { function: string; parameters: Record<string, unknown> }
}

/** A thing that the customer would own. */
export type DryProduct = {
  title: Text
  holder: Person | null
  link: string | null
  startsAt: Date
  endsAt: Date | null
}

export type DryUnit = {
  position: number
  external: Record<string, unknown>
  /** Where it would stand in the end; `why`: what keeps it from being produced. */
  state: UnitState
  why?: Text
  lines: DryLine[]
  products: DryProduct[]
  /** What its customer would read. */
  feedback: Text | null
}

export type DryRun =
  /**
   * `order`: where the order would stand in the end. `mails`: what its customer would get. `findings`: what the handler
   * says of its parameters on this site; since nothing is sent, a call that Moodle would refuse shows only there.
   */
  | {
      ok: true
      order: OrderState
      totalCents: number
      units: DryUnit[]
      mails: MailKind[]
      findings: Finding[]
    }
  /** What keeps it from being ordered, each thing at its place; `units`: by unit. */
  | {
      ok: false
      why: Text
      internal?: FormErrors
      units?: { external: FormErrors; fields: FormErrors }[]
    }

/** The most units of a dry run: enough to see what happens. */
export const mostDryUnits = 10

/**
 * Tells what a sale of this entry would do, without doing it: the order is placed, paid and produced by the shop's own
 * functions in a transaction that is undone; Moodle is asked what is only read, and calls that change something are
 * noted instead of sent; nothing else leaves this process. `samples`: each unit's answers; made-up ones for one unit
 * when there are none.
 */
export async function dryRun(shop: Shop, entry: DryEntry, samples: DryAnswers[] = []): Promise<DryRun> {
  const parts = entry.parts ?? []
  if (isBundle({ parts })) {
    const codes = parts.map(({ code }) => code).join(', ')
    const why = {
      en: `Each part of a bundle is produced by itself: try the parts out one by one (${codes}).`,
      fr: `Chaque partie d’une offre groupée est produite séparément : essayez les parties une à une (${codes}).`,
    }
    return { ok: false, why }
  }
  const found = handlerOf(shop.registry(), entry)
  if (found === 'missing') {
    const why = { en: 'Its handler is not installed.', fr: 'Son gestionnaire n’est pas installé.' }
    return { ok: false, why }
  }
  const internal = found ? readInternal(shop, found.handler, entry) : { ok: true as const, value: {} }
  if (!internal.ok) {
    const why = {
      en: 'Put the handler’s parameters right first.',
      fr: 'Corrigez d’abord les paramètres du gestionnaire.',
    }
    return { ok: false, why, internal: internal.errors }
  }
  if (samples.length > mostDryUnits) {
    return {
      ok: false,
      why: { en: `${mostDryUnits} units at the most.`, fr: `${mostDryUnits} unités au plus.` },
    }
  }
  const units = samples.length > 0 ? samples : [madeUp(shop, entry, internal.value)]
  try {
    return await undone(shop.db, async (db) => {
      const stage = setStage(shop, db, entry)
      return await holdBack(stage.held, () => playSale(stage, { ...entry, internal: internal.value }, units))
    })
  } catch (error) {
    if (!isLockTimeout(error)) throw error
    const why = {
      en: 'The shop is writing the same things at this moment: try again.',
      fr: 'La boutique écrit les mêmes choses en ce moment : réessayez.',
    }
    return { ok: false, why }
  }
}

const isLockTimeout = (error: unknown) => error instanceof Error && 'code' in error && error.code === '55P03'

function madeUp(shop: Shop, entry: DryEntry, internal: Record<string, unknown>): DryAnswers {
  const own = parseElements(entry.fields)
  const forms = unitForms(shop, { ...entry, internal, fields: own.ok ? own.elements : [] })
  return { external: sampleAnswers(forms.external, 1), fields: sampleAnswers(forms.fields, 1) }
}

function readInternal(shop: Shop, handler: Handler, { internal }: DryEntry) {
  return validate(handler.internal, elementsOf(handler.internal), openKnownSecrets(shop.seal, internal))
}
