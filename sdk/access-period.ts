import { z } from 'zod'
import type { Finding } from './handler.ts'
import type { Course } from './moodle.ts'

const day = 86_400_000

const label = { en: 'Access starts', fr: 'L’accès commence' }
const startLabels = {
  purchase: { en: 'when the order is paid', fr: 'au paiement de la commande' },
  date: { en: 'on a date', fr: 'à une date' },
}

/** The internal parameters that say from when until when access is given: spread them into a handler's `internal`. */
export const periodFields = {
  startsOn: z
    .enum(['purchase', 'date', 'course'])
    .default('purchase')
    .meta({
      label,
      optionLabels: { ...startLabels, course: { en: 'when the course starts', fr: 'au début du cours' } },
    }),
  startDate: z.iso
    .date()
    .optional()
    .meta({
      label: { en: 'Start date', fr: 'Date de début' },
      visibleWhen: { field: 'startsOn', is: ['date'] },
    }),
  durationDays: z
    .int()
    .positive()
    .max(36_500)
    .optional()
    .meta({
      label: { en: 'Days of access', fr: 'Jours d’accès' },
      help: { en: 'Leave empty for access without an end.', fr: 'Laissez vide pour un accès sans fin.' },
    }),
  endsOn: z.iso
    .date()
    .optional()
    .meta({
      label: { en: 'Or ends on', fr: 'Ou se termine le' },
      help: { en: 'The last day of access.', fr: 'Le dernier jour d’accès.' },
    }),
}

/** The same for what hangs on no course. */
export const plainPeriodFields = {
  ...periodFields,
  startsOn: z.enum(['purchase', 'date']).default('purchase').meta({ label, optionLabels: startLabels }),
}

/** From when to when access lasts. No `endsAt`: it has no end. */
export type Period = { startsAt: Date; endsAt?: Date }

type PeriodParameters = {
  startsOn: 'purchase' | 'date' | 'course'
  startDate?: string
  durationDays?: number
  endsOn?: string
}

/** The period that these parameters give. `purchasedAt`: when the order was paid, or delivered on trust. */
export function periodOf(
  parameters: PeriodParameters,
  purchasedAt: Date,
  course: Pick<Course, 'startsAt'> = { startsAt: 0 },
): Period {
  const starts: Record<PeriodParameters['startsOn'], Date> = {
    purchase: purchasedAt,
    date: parameters.startDate ? new Date(`${parameters.startDate}T00:00:00Z`) : purchasedAt,
    course: course.startsAt > 0 ? new Date(course.startsAt * 1000) : purchasedAt,
  }
  const startsAt = starts[parameters.startsOn]
  // The last day counts whole.
  if (parameters.endsOn)
    return { startsAt, endsAt: new Date(Date.parse(`${parameters.endsOn}T00:00:00Z`) + day - 1000) }
  if (parameters.durationDays === undefined) return { startsAt }
  return { startsAt, endsAt: new Date(startsAt.getTime() + parameters.durationDays * day) }
}

/** What an operator should know about these parameters before anything is sold. */
export function checkPeriod(parameters: PeriodParameters, now = new Date()): Finding[] {
  const findings: Finding[] = []
  if (parameters.startsOn === 'date' && !parameters.startDate) {
    findings.push({
      field: 'startDate',
      level: 'error',
      text: { en: 'Give the date on which access starts.', fr: 'Indiquez la date de début de l’accès.' },
    })
  }
  if (parameters.durationDays !== undefined && parameters.endsOn) {
    findings.push({
      field: 'endsOn',
      level: 'error',
      text: {
        en: 'Give either a number of days or an end date, not both.',
        fr: 'Indiquez soit un nombre de jours, soit une date de fin, pas les deux.',
      },
    })
  }
  if (parameters.endsOn && Date.parse(`${parameters.endsOn}T00:00:00Z`) + day < now.getTime()) {
    findings.push({
      field: 'endsOn',
      level: 'error',
      text: { en: 'This date is past.', fr: 'Cette date est passée.' },
    })
  }
  if (
    parameters.endsOn &&
    parameters.startsOn === 'date' &&
    parameters.startDate &&
    parameters.endsOn < parameters.startDate
  ) {
    findings.push({
      field: 'endsOn',
      level: 'error',
      text: { en: 'The end comes before the start.', fr: 'La fin précède le début.' },
    })
  }
  return findings
}
