import { checkCourse, checkRole } from './check-course.ts'
import type { Entitlement, Finding, Step, Unit } from './handler.ts'
import type { Moodle } from './moodle.ts'
import { moodleCourse, moodleRole } from './moodle-fields.ts'

/** The internal parameters of a course that the buyer gets into as well: spread them into a handler's `internal`. */
export const supportFields = {
  supportCourse: moodleCourse(
    { en: 'Support course for the buyer', fr: 'Cours d’accompagnement de l’acheteur' },
    { help: { en: 'The buyer also gets into this course.', fr: 'L’acheteur accède aussi à ce cours.' } },
  ).optional(),
  supportRole: moodleRole({ en: 'Role of the buyer there', fr: 'Rôle de l’acheteur dans ce cours' }).default(
    'student',
  ),
}

type SupportParameters = { supportCourse?: number; supportRole: string }

/** What the support course needs to be sold. */
export async function checkSupport(moodle: Moodle, parameters: SupportParameters): Promise<Finding[]> {
  const { supportCourse, supportRole } = parameters
  if (supportCourse === undefined) return []
  const findings = await checkCourse(moodle, supportCourse, 'supportCourse')
  // Of a course that can't be used, nothing else can be asked.
  if (findings.some(({ level }) => level === 'error')) return findings
  return [...findings, ...(await checkRole(moodle, supportRole, supportCourse, 'supportRole'))]
}

/** The buyer's way into the support course, for a delivery's entitlements; none when there is no such course. */
export async function supportEntitlements(
  { moodle, step, unit }: { moodle: Moodle; step: Step; unit: Unit },
  parameters: SupportParameters,
): Promise<Entitlement[]> {
  const { supportCourse, supportRole } = parameters
  if (supportCourse === undefined) return []
  const { locale } = unit.order
  const buyer = await step('buyer', () => moodle.ensureAccount({ ...unit.buyer, locale }))
  const role = await moodle.roleId(supportRole, supportCourse)
  return [{ course: supportCourse, user: buyer.id, role, stays: true }]
}
