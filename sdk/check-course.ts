import type { Finding } from './handler.ts'
import type { Moodle } from './moodle.ts'

/** What an operator should know of a course before access to it is sold: there, visible, enrolled into by hand. */
export async function checkCourse(moodle: Moodle, courseId: number, field: string): Promise<Finding[]> {
  const course = await moodle.course(courseId)
  if (!course) {
    return [
      {
        field,
        level: 'error',
        text: { en: 'There is no such course on the site.', fr: 'Ce cours n’existe pas sur la plateforme.' },
      },
    ]
  }
  const findings: Finding[] = []
  if (!course.enrolmentMethods.includes('manual')) {
    findings.push({
      field,
      level: 'error',
      text: {
        en: 'Manual enrolment is off in this course: turn it on in Moodle, under Participants, Enrolment methods.',
        fr: 'L’inscription manuelle est désactivée dans ce cours : activez-la dans Moodle, Participants, Méthodes d’inscription.',
      },
    })
  }
  if (!course.visible) {
    findings.push({
      field,
      level: 'warning',
      text: {
        en: 'This course is hidden: learners will be enrolled and won’t see it until it is shown.',
        fr: 'Ce cours est masqué : les apprenants y seront inscrits mais ne le verront pas tant qu’il n’est pas affiché.',
      },
    })
  }
  return findings
}

/** Whether a role, by short name or id, is one that the site is known to have. `courseId`: where it may be in use. */
export async function checkRole(
  moodle: Moodle,
  role: string,
  courseId: number | undefined,
  field: string,
): Promise<Finding[]> {
  const known = await moodle.roles(courseId)
  if (known.some((one) => one.shortname === role || String(one.id) === role)) return []
  if (/^[0-9]+$/.test(role)) {
    return [
      {
        field,
        level: 'warning',
        text: {
          en: 'Moodle can’t tell us whether it has a role of this id: make sure that it has.',
          fr: 'Moodle ne peut nous dire s’il a un rôle de cet identifiant : vérifiez-le.',
        },
      },
    ]
  }
  return [
    {
      field,
      level: 'error',
      text: {
        en: `No role named "${role}" is known. Give its id, which the address of its page in Moodle shows.`,
        fr: `Aucun rôle nommé « ${role} » n’est connu. Indiquez son identifiant, visible dans l’adresse de sa page dans Moodle.`,
      },
    },
  ]
}
