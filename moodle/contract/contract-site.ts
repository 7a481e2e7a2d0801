import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { z } from 'zod'

/** A Moodle to hold to the contract: the sandbox, or a real one. */
export type Target = {
  name: string
  start(): Promise<{ url: string; token: string; close(): Promise<void> }>
  /** Told of what could not be taken away afterwards. */
  left?(what: string): void
}

export type Parameters = { [name: string]: string | number | Parameters | (string | number | Parameters)[] }

/** What the suite works with on the site: made at its start, taken away at its end. */
export type ContractSite = {
  url: string
  token: string
  /** Moodle's own number, 2024100706 for 4.5.6. */
  version: number
  functions: ReadonlySet<string>
  /** In every name that the suite gives, so that nothing of the site's own is touched. */
  prefix: string
  categoryId: number
  courseId: number
  otherCourseId: number
  /** Two people, enrolled nowhere at first. */
  learners: [Learner, Learner]
  /** What could not be taken away, for a person to do. */
  leftovers: string[]
  /** Takes away what was made. */
  clean(): Promise<void>
}

/** The site is made by a hook, after the tests are declared. */
export type Sites = { get(): ContractSite }

export type Learner = { id: number; username: string; email: string }

/** Roles of a standard Moodle. */
export const studentRole = 5
export const teacherRole = 4

/** An id that no site has. */
export const nobody = 99_999_999

const failure = z.object({ exception: z.string(), errorcode: z.string(), message: z.string() })

/** The fields of nested parameters, as PHP reads them: `users[0][email]`. */
function fields(parameters: Parameters | (string | number | Parameters)[], within = ''): [string, string][] {
  return Object.entries(parameters).flatMap(([name, value]): [string, string][] => {
    const path = within === '' ? name : `${within}[${name}]`
    return typeof value === 'object' ? fields(value, path) : [[path, String(value)]]
  })
}

type Address = { url: string; token: string }

/** One call, straight over HTTP. Every answer but XML is HTTP 200 with a JSON body. */
export async function send(site: Address, name: string, parameters: Parameters = {}): Promise<unknown> {
  const body = new URLSearchParams(fields(parameters))
  body.set('wstoken', site.token)
  body.set('moodlewsrestformat', 'json')
  if (name !== '') body.set('wsfunction', name)
  const response = await fetch(`${site.url}/webservice/rest/server.php`, { method: 'POST', body })
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  return await response.json()
}

/** The answer of a call that succeeds, read with its schema. */
export async function ask<T>(
  site: Address,
  name: string,
  parameters: Parameters,
  reply: z.ZodType<T>,
): Promise<T> {
  const answer = await send(site, name, parameters)
  const read = reply.safeParse(answer)
  if (!read.success) assert.fail(`${name} answered ${JSON.stringify(answer).slice(0, 500)}`)
  return read.data
}

/** The errorcode of a call that is refused. */
export async function refusal(site: Address, name: string, parameters: Parameters): Promise<string> {
  const answer = await send(site, name, parameters)
  const read = failure.safeParse(answer)
  if (!read.success)
    assert.fail(`${name} was not refused: it answered ${JSON.stringify(answer).slice(0, 500)}`)
  return read.data.errorcode
}

/** Skips the test, saying why, when the token's service lacks one of these functions. */
export function offers(t: TestContext, site: ContractSite, ...names: string[]): boolean {
  const missing = names.filter((name) => !site.functions.has(name))
  if (missing.length > 0) t.skip(`the token's service has no ${missing.join(', ')}`)
  return missing.length === 0
}

export const ids = z.array(z.object({ id: z.int() }))
export const nothing = z.null()
export const noWarnings = z.object({ warnings: z.tuple([]) })
export const oneWarning = z.object({ warnings: z.tuple([z.object({ warningcode: z.string() })]) })

const created = z.tuple([z.object({ id: z.int() })])
const siteInfo = z.object({
  version: z.string(),
  functions: z.array(z.object({ name: z.string() })),
})

/** Makes a category, two courses and two people on the site. Throws when the token doesn't allow even that. */
export async function openSite(address: Address): Promise<ContractSite> {
  const info = await ask(address, 'core_webservice_get_site_info', {}, siteInfo)
  const prefix = `contract${randomBytes(4).toString('hex')}`
  const category = { name: `Contract ${prefix}`, parent: 0, idnumber: prefix }
  const [{ id: categoryId }] = await ask(
    address,
    'core_course_create_categories',
    { categories: [category] },
    created,
  )
  const site: ContractSite = {
    ...address,
    version: Number(info.version.split('.')[0]),
    functions: new Set(info.functions.map(({ name }) => name)),
    prefix,
    categoryId,
    courseId: 0,
    otherCourseId: 0,
    learners: [
      { id: 0, username: `${prefix}.one`, email: `${prefix}.one@example.org` },
      { id: 0, username: `${prefix}.two`, email: `${prefix}.two@example.org` },
    ],
    leftovers: [],
    clean: () => cleanSite(site),
  }
  try {
    site.courseId = await createCourse(site, 'a')
    site.otherCourseId = await createCourse(site, 'b')
    for (const learner of site.learners) learner.id = await createLearner(site, learner)
    return site
  } catch (error) {
    await site.clean()
    throw error
  }
}

/** A course of the suite's own category, with the short name `<prefix>-<name>`. */
export async function createCourse(site: ContractSite, name: string): Promise<number> {
  const course = {
    fullname: `Contract ${name}`,
    shortname: `${site.prefix}-${name}`,
    idnumber: `${site.prefix}-id-${name}`,
    categoryid: site.categoryId,
  }
  const [{ id }] = await ask(site, 'core_course_create_courses', { courses: [course] }, created)
  return id
}

/** The fields of a new person. The password is random and kept nowhere. */
export const newPerson = (person: { username: string; email: string }) => ({
  username: person.username,
  password: `Aa1-${randomBytes(12).toString('hex')}`,
  firstname: 'Élodie',
  lastname: "D'Été",
  email: person.email,
})

export async function createLearner(
  site: ContractSite,
  person: { username: string; email: string },
): Promise<number> {
  const [{ id }] = await ask(site, 'core_user_create_users', { users: [newPerson(person)] }, created)
  return id
}

const foundUsers = z.object({
  users: z.array(z.object({ id: z.int(), username: z.string(), email: z.string() })),
})
const foundCohorts = z.object({ cohorts: z.array(z.object({ id: z.int() })) })

async function cleanSite(site: ContractSite): Promise<void> {
  const cohorts = site.functions.has('core_cohort_search_cohorts')
    ? await ask(
        site,
        'core_cohort_search_cohorts',
        { query: site.prefix, context: { contextlevel: 'system', instanceid: 0 } },
        foundCohorts,
      )
    : { cohorts: [] }
  const cohortids = cohorts.cohorts.map(({ id }) => id)
  if (cohortids.length > 0) await take(site, 'core_cohort_delete_cohorts', { cohortids }, 'cohorts')

  const ours = await ask(
    site,
    'core_user_get_users',
    { criteria: [{ key: 'email', value: `${site.prefix}%` }] },
    foundUsers,
  )
  const userids = ours.users.filter(({ email }) => email.startsWith(site.prefix)).map(({ id }) => id)
  if (
    userids.length > 0 &&
    !(await take(site, 'core_user_delete_users', { userids }, 'people, now suspended'))
  ) {
    await send(site, 'core_user_update_users', { users: userids.map((id) => ({ id, suspended: 1 })) })
  }

  // The category goes with all its courses.
  const categories = [{ id: site.categoryId, recursive: 1 }]
  await take(site, 'core_course_delete_categories', { categories }, 'category and its courses')
}

/** Takes something away, or notes that a person must. */
async function take(
  site: ContractSite,
  name: string,
  parameters: Parameters,
  what: string,
): Promise<boolean> {
  const refused = failure.safeParse(await send(site, name, parameters))
  if (refused.success) {
    site.leftovers.push(`${what} (${site.prefix}…): ${name} answered ${refused.data.errorcode}`)
  }
  return !refused.success
}
