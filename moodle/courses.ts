import { z } from 'zod'
import type { Course } from '../sdk/index.ts'
import type { Client } from './client.ts'

export type Courses = {
  /** By id, or by short name when given a text. */
  find(idOrShortname: number | string): Promise<Course | undefined>
  all(): Promise<Course[]>
}

/** The front page of a Moodle is a course too, in which nobody is enrolled. */
const frontPage = 1

/** Milliseconds for which an answer is kept: pickers and checks ask the same again and again. */
const keptFor = 5_000

const reply = z.object({
  courses: z.array(
    z.object({
      id: z.int(),
      shortname: z.string(),
      fullname: z.string(),
      categoryid: z.int(),
      visible: z.union([z.int(), z.boolean()]).default(1),
      startdate: z.int().default(0),
      enddate: z.int().default(0),
      enrollmentmethods: z.array(z.string()).default([]),
    }),
  ),
})

/** The courses of a site, each answer kept for a few seconds. */
export function openCourses(client: Client): Courses {
  const kept = new Map<string, { courses: Promise<Course[]>; until: number }>()

  /** The one call that also tells which enrolment methods are on: the call named after these methods leaves out manual. */
  function ask(params: { field?: string; value?: string | number }): Promise<Course[]> {
    const now = Date.now()
    const key = JSON.stringify(params)
    const known = kept.get(key)
    if (known && known.until > now) return known.courses
    for (const [key, { until }] of kept) if (until <= now) kept.delete(key)
    const courses = client.call('core_course_get_courses_by_field', params, reply).then((answer) =>
      answer.courses
        .filter(({ id }) => id !== frontPage)
        .map((course) => ({
          id: course.id,
          shortname: course.shortname,
          fullname: course.fullname,
          visible: Boolean(course.visible),
          categoryId: course.categoryid,
          startsAt: course.startdate,
          endsAt: course.enddate,
          enrolmentMethods: course.enrollmentmethods,
        })),
    )
    kept.set(key, { courses, until: now + keptFor })
    // A failure is not kept.
    courses.catch(() => kept.delete(key))
    return courses
  }

  return {
    async find(idOrShortname) {
      const field = typeof idOrShortname === 'number' ? 'id' : 'shortname'
      const [course] = await ask({ field, value: idOrShortname })
      return course
    },
    all: () => ask({}),
  }
}
