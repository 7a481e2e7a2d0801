import { type Moodle, MoodleError, RetryLater, z } from 'boutique/sdk'

const found = z.object({
  courses: z.array(
    z.object({
      id: z.int(),
      fullname: z.string().default(''),
      visible: z.union([z.int(), z.boolean()]).default(1),
      timecreated: z.int().default(0),
    }),
  ),
})

/** The course of this short name or ID number as it is now: `moodle.course` keeps its answers for a while. */
export async function findCourse(moodle: Moodle, field: 'shortname' | 'idnumber', value: string) {
  const { courses } = await moodle.call('core_course_get_courses_by_field', { field, value }, found)
  return courses[0]
}

/** Seconds after which a copy that is still under way is given up. */
const longestCopy = 30 * 60

/** How a unit's copy is known: by its short name, and by `mark`, its name until it gets its own and its ID number then. */
export type CopyNames = { mark: string; shortname: string }

/**
 * The unit's copy of the template, or else a new one. A client that hung up still gets its copy, be it after another was
 * made: so it has its own short name from the start, which Moodle keeps unique. Throws `shortnametaken` when a course
 * that is no copy of the unit's has it.
 */
export async function ensureCopy(
  moodle: Moodle,
  { template, category }: { template: number; category: number },
  names: CopyNames,
): Promise<number> {
  const { mark, shortname } = names
  const existing = await findCopy(moodle, names)
  if (existing !== undefined) return existing
  // Moodle hides a course while it fills it, and shows it when it is whole.
  const copy = { courseid: template, fullname: mark, shortname, categoryid: category, visible: 1 }
  try {
    const { id } = await moodle.call('core_course_duplicate_course', copy, z.object({ id: z.int() }))
    return await withoutSpare(moodle, id, mark)
  } catch (error) {
    if (!(error instanceof MoodleError) || error.kind !== 'request') throw error
    const meanwhile = await findCopy(moodle, names)
    if (meanwhile === undefined) throw error
    return meanwhile
  }
}

async function findCopy(moodle: Moodle, { mark, shortname }: CopyNames): Promise<number | undefined> {
  const named = await findCourse(moodle, 'idnumber', mark)
  if (named) return named.id
  const copy = await findCourse(moodle, 'shortname', shortname)
  if (copy?.fullname !== mark) return undefined
  if (copy.visible) return copy.id
  if (Date.now() / 1000 - copy.timecreated < longestCopy)
    throw new RetryLater(20, `Moodle is still copying the template into course ${copy.id}`)
  throw new Error(`the copy of the template, course ${copy.id}, was never finished: delete it, then retry`)
}

/**
 * When another worker named its copy before this one was made, this one is a spare that nobody has seen: it goes, or
 * stays hidden where the token may not delete courses. Returns the copy to use.
 */
async function withoutSpare(moodle: Moodle, id: number, mark: string): Promise<number> {
  const named = await findCourse(moodle, 'idnumber', mark)
  if (!named || named.id === id) return id
  const call = 'core_course_delete_courses'
  const { functions } = await moodle.siteInfo()
  if (functions.has(call)) await moodle.call(call, { courseids: [id] }, warnings)
  else await changeCourse(moodle, id, { visible: 0 })
  return named.id
}

const warnings = z.object({
  warnings: z.array(z.object({ warningcode: z.string(), message: z.string().default('') })).default([]),
})

/** Changes these fields of a course. Moodle tells its faults as warnings: returns the first, as an error to throw. */
export async function changeCourse(
  moodle: Moodle,
  id: number,
  fields: Record<string, unknown>,
): Promise<MoodleError | undefined> {
  const call = 'core_course_update_courses'
  const reply = await moodle.call(call, { courses: [{ id, ...fields }] }, warnings)
  const [fault] = reply.warnings
  if (!fault) return undefined
  const details = { kind: 'request', code: fault.warningcode, call } as const
  return new MoodleError(`course ${id} can't be changed: ${fault.message}`, details)
}
