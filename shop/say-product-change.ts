import type { Text } from '../sdk/index.ts'
import type { RecordedChange } from './change-product.ts'

/**
 * What a line of a product's history changed, a sentence for each thing: none for a line that changed nothing. `data` as
 * the history keeps it, with what was before where that is known. People are told by their Moodle accounts, since no
 * name is kept there.
 */
export function sayProductChange(data: Record<string, unknown>): Text[] {
  const change = recorded(data.change)
  const was = recorded(data.was)
  const said: Text[] = []
  if (change.state !== undefined && change.state !== was.state) said.push(states[change.state])
  if (change.startsAt !== undefined && !isSameDay(change.startsAt, was.startsAt)) {
    said.push({
      en: `Starts ${day(change.startsAt, 'en')}${was.startsAt ? `, not ${day(was.startsAt, 'en')}` : ''}.`,
      fr: `Commence le ${day(change.startsAt, 'fr')}${was.startsAt ? `, et non le ${day(was.startsAt, 'fr')}` : ''}.`,
    })
  }
  if (change.endsAt !== undefined) said.push(sayEnd(change.endsAt, was.endsAt))
  else if (change.addDays !== undefined) said.push(sayWaitingDays(change.addDays))
  if (change.holder !== undefined && change.holder !== was.holder) {
    said.push(sayHolder(change.holder, was.holder))
  }
  return said
}

const states: Record<NonNullable<RecordedChange['state']>, Text> = {
  active: { en: 'Active again.', fr: 'De nouveau actif.' },
  suspended: { en: 'Suspended.', fr: 'Suspendu.' },
  ended: { en: 'Ended.', fr: 'Terminé.' },
  revoked: { en: 'Revoked.', fr: 'Révoqué.' },
}

function sayHolder(holder: number | null, before: number | null | undefined): Text {
  if (holder === null) {
    return {
      en: `Taken back${before ? ` from Moodle account ${before}` : ''}: nobody holds it.`,
      fr: `Repris${before ? ` au compte Moodle ${before}` : ''}\u00a0: personne ne le détient.`,
    }
  }
  return {
    en: `Given to Moodle account ${holder}${before ? `, taken from ${before}` : ''}.`,
    fr: `Donné au compte Moodle ${holder}${before ? `, retiré au ${before}` : ''}.`,
  }
}

/** Days were bought for, or taken off, what has no end, as a free seat: they are its next holder's. */
function sayWaitingDays(days: number): Text {
  const count = Math.abs(days)
  const [en, fr] = count === 1 ? ['One day', 'Un jour'] : [`${count} days`, `${count} jours`]
  if (days > 0) {
    return { en: `${en} more for its next holder.`, fr: `${fr} de plus pour qui l’aura ensuite.` }
  }
  return { en: `${en} less for its next holder.`, fr: `${fr} de moins pour qui l’aura ensuite.` }
}

function sayEnd(end: Moment | null, before: Moment | null | undefined): Text {
  const instead = {
    en: before ? `, not ${day(before, 'en')}` : before === null ? ', where it had no end' : '',
    fr: before
      ? `, et non le ${day(before, 'fr')}`
      : before === null
        ? ', alors qu’il n’avait pas de fin'
        : '',
  }
  if (end === null) {
    return {
      en: `Has no end any more${before ? `; it was ${day(before, 'en')}` : ''}.`,
      fr: `N’a plus de fin${before ? `\u00a0; c’était le ${day(before, 'fr')}` : ''}.`,
    }
  }
  return { en: `Ends ${day(end, 'en')}${instead.en}.`, fr: `Se termine le ${day(end, 'fr')}${instead.fr}.` }
}

type Moment = Date | string

function isSameDay(at: Moment, other: Moment | undefined): boolean {
  return other !== undefined && day(at, 'en') === day(other, 'en')
}

function day(at: Moment, locale: 'en' | 'fr'): string {
  const format = new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'long' })
  return format.format(new Date(at))
}

/** What of a JSON value is a recorded change: a history is read for as long as the shop lives. */
function recorded(value: unknown): RecordedChange {
  if (typeof value !== 'object' || value === null) return {}
  const { state, startsAt, endsAt, addDays, holder } = { ...value } as Record<string, unknown> // checked one by one below
  return {
    ...(isState(state) && { state }),
    ...(typeof startsAt === 'string' && { startsAt }),
    ...((typeof endsAt === 'string' || endsAt === null) && { endsAt }),
    ...(typeof addDays === 'number' && { addDays }),
    ...((typeof holder === 'number' || holder === null) && { holder }),
  }
}

function isState(state: unknown): state is NonNullable<RecordedChange['state']> {
  return typeof state === 'string' && Object.hasOwn(states, state)
}
