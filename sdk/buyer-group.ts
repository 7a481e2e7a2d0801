import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Unit } from './handler.ts'
import { type Moodle, MoodleError } from './moodle.ts'

const groups = z.array(z.object({ id: z.number(), name: z.string(), idnumber: z.string().nullish() }))

/**
 * The group of a course that holds the learners of one buyer: found by its idnumber, or else created. Looked up
 * again after a failure, since Moodle doesn't say whether a group of that name was the reason.
 */
export async function ensureBuyerGroup(
  moodle: Moodle,
  course: number,
  buyer: Unit['buyer'],
): Promise<number> {
  const mark = createHash('sha256').update(buyer.email.toLowerCase()).digest('hex').slice(0, 10)
  const idnumber = `boutique-${mark}`
  const find = async () => {
    const found = await moodle.call('core_group_get_course_groups', { courseid: course }, groups)
    return found.find((group) => group.idnumber === idnumber)?.id
  }
  const existing = await find()
  if (existing !== undefined) return existing
  // Names are unique in a course too: two buyers may be namesakes.
  const name = `${buyer.company ?? `${buyer.firstname} ${buyer.lastname}`} (${mark.slice(0, 4)})`
  try {
    const [made] = await moodle.call(
      'core_group_create_groups',
      { groups: [{ courseid: course, name, idnumber, description: '' }] },
      groups,
    )
    if (made) return made.id
  } catch (error) {
    if (!(error instanceof MoodleError) || error.kind !== 'request') throw error
    const meanwhile = await find()
    if (meanwhile === undefined) throw error
    return meanwhile
  }
  throw new Error(`Moodle made no group in course ${course}`)
}
