import type { Course, Moodle } from 'boutique/sdk'

/** Courses that a seat may open. */
export const mostCourses = 50

/** Whether a short name fits a pattern, in which `*` stands for any characters; capital or small letters, as in Moodle. */
export function fits(shortname: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*')
  const name = shortname.toLowerCase()
  if (rest.length === 0) return name === first
  if (!name.startsWith(first)) return false
  const last = rest.pop() ?? ''
  let from = first.length
  for (const part of rest) {
    const at = name.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return name.length - last.length >= from && name.endsWith(last)
}

/** The courses of the site whose short names fit one of the patterns, by short name. */
export async function matchCourses(moodle: Moodle, patterns: string[]): Promise<Course[]> {
  const everything = patterns.some((pattern) => pattern.includes('*'))
  const candidates = everything
    ? await moodle.courses()
    : (await Promise.all(patterns.map((name) => moodle.course(name)))).filter((one) => one !== undefined)
  const matching = candidates.filter(({ shortname }) => patterns.some((pattern) => fits(shortname, pattern)))
  return [...new Map(matching.map((course) => [course.id, course])).values()].sort((a, b) =>
    a.shortname.localeCompare(b.shortname),
  )
}

/** Those into which a learner can be enrolled by hand: the rest is passed over. */
export const usable = (courses: Course[]): Course[] =>
  courses.filter(({ enrolmentMethods }) => enrolmentMethods.includes('manual'))
