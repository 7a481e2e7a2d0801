import { type Moodle, MoodleError, Refused, z } from 'boutique/sdk'

const groups = z.array(z.object({ id: z.int(), name: z.string(), idnumber: z.string().nullish() }))

/** The groups of a course as they are now: `moodle.groups` keeps its answers for a while. */
async function groupsNow(moodle: Moodle, course: number) {
  return await moodle.call('core_group_get_course_groups', { courseid: course }, groups)
}

// Some databases under Moodle compare without case.
const isNamed = (name: string) => (group: { name: string }) => group.name.toLowerCase() === name.toLowerCase()

/** Whether no group of the course has this name. */
export async function isFreeName(moodle: Moodle, course: number, name: string): Promise<boolean> {
  return !(await groupsNow(moodle, course)).some(isNamed(name))
}

/** The group of this ID number, or else a new one. Looked for again after a failure: Moodle doesn't say its reason. */
export async function ensureGroup(
  moodle: Moodle,
  course: number,
  { name, idnumber }: { name: string; idnumber: string },
): Promise<number> {
  const mine = (group: { idnumber?: string | null }) => group.idnumber === idnumber
  const existing = (await groupsNow(moodle, course)).find(mine)
  if (existing) return existing.id
  try {
    const wanted = [{ courseid: course, name, idnumber, description: '' }]
    const [made] = await moodle.call('core_group_create_groups', { groups: wanted }, groups)
    if (made) return made.id
  } catch (error) {
    if (!(error instanceof MoodleError) || error.kind !== 'request') throw error
    const now = await groupsNow(moodle, course)
    const meanwhile = now.find(mine)
    if (meanwhile) return meanwhile.id
    if (!now.some(isNamed(name))) throw error
    throw new Refused({
      en: `Another group of the course is named “${name}” by now: rename that one in Moodle, then retry.`,
      fr: `Un autre groupe du cours s’appelle désormais « ${name} » : renommez-le dans Moodle, puis relancez.`,
    })
  }
  throw new Error(`Moodle made no group in course ${course}`)
}
