import { type Moodle, z } from 'boutique/sdk'

/** People of one call. */
const pageSize = 1000

const people = z.array(z.object({ id: z.int(), lastcourseaccess: z.int().nullish() }))

/**
 * Whether one of these accounts has ever entered one of the courses. Moodle doesn't tell it when its administrator hides
 * people's last access from our token: `unknown`.
 */
export async function hasEntered(
  moodle: Moodle,
  courses: number[],
  accounts: number[],
): Promise<boolean | 'unknown'> {
  let known = true
  for (const courseid of courses) {
    for (let from = 0, more = true; more; from += pageSize) {
      const options = [
        { name: 'userfields', value: 'id, lastcourseaccess' },
        { name: 'sortby', value: 'id' },
        { name: 'limitfrom', value: from },
        { name: 'limitnumber', value: pageSize },
      ]
      const page = await moodle.call('core_enrol_get_enrolled_users', { courseid, options }, people)
      for (const { id, lastcourseaccess } of page) {
        if (!accounts.includes(id)) continue
        if (lastcourseaccess) return true
        known &&= typeof lastcourseaccess === 'number'
      }
      more = page.length === pageSize
    }
  }
  return known ? false : 'unknown'
}

/** Whether Moodle tells when people last entered this course; undefined while nobody is in it. */
export async function tellsEntering(moodle: Moodle, courseid: number): Promise<boolean | undefined> {
  const options = [
    { name: 'userfields', value: 'id, lastcourseaccess' },
    { name: 'limitnumber', value: 1 },
  ]
  const [somebody] = await moodle.call('core_enrol_get_enrolled_users', { courseid, options }, people)
  return somebody && typeof somebody.lastcourseaccess === 'number'
}
