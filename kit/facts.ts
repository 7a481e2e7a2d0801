import { sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { describeSite } from '../moodle/sandbox/describe-site.ts'
import type { World } from './world.ts'

/**
 * One thing that is so at the end of a run, in words that name no id: "the group “A” of SST-2026". `of`: whether Moodle
 * has it, the other service, or the shop.
 */
export type Fact = {
  of: 'moodle' | 'service' | 'shop'
  what: string
  value: Record<string, unknown>
  /** It lets somebody do something: an enrolment that is open, a role, a membership. */
  access?: boolean
}

/** The end of a run: its facts, and what is needed to compare them with another's. */
export type End = {
  facts: Fact[]
  /** What an id of this world names, by kind and id: ids may differ from run to run. */
  names: Map<string, Map<number, string>>
  /** When the run began, in milliseconds: times are compared from there. */
  since: number
}

type Names = End['names']

/**
 * The same end, when it doesn't matter which unit is which: units of one order may compete for what there is. Nor does
 * it when something that is over was to be: what follows one another moves up when one is taken back.
 */
export function anyUnit(end: End): End {
  return {
    ...end,
    facts: end.facts.map(({ what, value, ...fact }) => {
      const over = value.state === 'revoked' || value.status === 'suspended'
      const { startsAt: _s, endsAt: _e, timestart: _ts, timeend: _te, ...rest } = value
      return { ...fact, what: what.replace(/unit \d+/, 'a unit'), value: over ? rest : value }
    }),
  }
}

/** Looks at everything that a sale may have changed. */
export async function lookAround(world: World, since: number): Promise<End> {
  const site = describeSite(world.sandbox.site.state, Math.floor(Date.now() / 1000))
  const names = namesOf(world)
  const hide = await hider(world)
  const facts = [...moodleFacts(site, names), ...serviceFacts(world), ...(await shopFacts(world, names))]
  return {
    facts: facts.map((fact) => ({ ...fact, what: hide(fact.what), value: hideIn(fact.value, hide) })),
    names,
    since,
  }
}

function namesOf({ sandbox }: World): Names {
  const { users, courses, categories, groups, cohorts, quizzes } = sandbox.site.state
  const name = <T>(of: Map<number, T>, nameOf: (one: T) => string) =>
    new Map([...of].map(([id, one]) => [id, nameOf(one)]))
  const course = (id: number) => courses.get(id)?.shortname ?? '?'
  return new Map([
    ['user', name(users, ({ email }) => email)],
    ['course', name(courses, ({ shortname }) => shortname)],
    ['category', name(categories, ({ name }) => name)],
    ['group', name(groups, ({ courseId, name }) => `${name} (${course(courseId)})`)],
    ['cohort', name(cohorts, ({ name }) => name)],
    ['quiz', name(quizzes, ({ courseId, name }) => `${name} (${course(courseId)})`)],
  ])
}

/** What differs from run to run by its nature is written the same: addresses, numbers of orders, references. */
async function hider({ ground, url, serviceUrl }: World): Promise<(text: string) => string> {
  const { rows } = await sql<{ text: string; as: string }>`
    select number as text, 'ORDER' as as from orders union all select reference, 'REFERENCE' from products`.execute(
    ground.db,
  )
  const hidden = [{ text: url, as: 'https://moodle' }, { text: serviceUrl, as: 'https://service' }, ...rows]
  return (text) => hidden.reduce((shown, { text, as }) => shown.replaceAll(text, as), text)
}

function hideIn<T>(value: T, hide: (text: string) => string): T
function hideIn(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value)
  if (Array.isArray(value)) return value.map((item) => hideIn(item, hide))
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideIn(item, hide)]))
}

type Site = ReturnType<typeof describeSite>

function moodleFacts(site: Site, names: Names): Fact[] {
  const fact = (what: string, value: object = {}, access = false): Fact => ({
    of: 'moodle',
    what,
    value: readable(value, names),
    access,
  })
  const {
    courses,
    accounts,
    categories,
    cohorts,
    roles,
    sitename: _name,
    release: _release,
    ...others
  } = site
  return [
    ...accounts.map((account) => fact(`the account of ${account.email}`, account)),
    ...categories.map((category) => fact(`the category “${category.name}”`, category)),
    ...courses.flatMap(({ groups, enrolments, former, ...course }) => [
      fact(`the course ${course.shortname}`, course),
      ...groups.flatMap(({ members, ...group }) => [
        fact(`the group “${group.name}” of ${course.shortname}`, group),
        ...members.map((email) => fact(`${email} in the group “${group.name}” of ${course.shortname}`)),
      ]),
      ...enrolments.map(({ set: _set, groups: _groups, ...enrolment }) =>
        fact(`the enrolment of ${enrolment.email} in ${course.shortname}`, enrolment, enrolment.open),
      ),
      ...former.map(({ set: _set, ...one }) =>
        fact(`the lost enrolment of ${one.email} in ${course.shortname}`, one),
      ),
    ]),
    ...cohorts.flatMap(({ members, ...cohort }) => [
      fact(`the cohort “${cohort.name}”`, cohort),
      ...members.map((email) => fact(`${email} in the cohort “${cohort.name}”`, {}, true)),
    ]),
    ...roles.flatMap(({ context, email, roles }) =>
      roles.map((role) => fact(`the role ${role} of ${email} in ${placeOf(context, names)}`, {}, true)),
    ),
    ...Object.entries(others).flatMap(([kind, list]) =>
      list.map((one) => {
        const value = readable(one, names)
        return fact(`the ${kind.replace(/s$/, '')} ${JSON.stringify(value)}`, {}, kind === 'overrides')
      }),
    ),
  ]
}

/** `course:3` as people say it. */
function placeOf(context: string, names: Names): string {
  const [level, id] = context.split(':')
  const kind = level === 'coursecat' ? 'category' : (level ?? '')
  return id === undefined ? `the ${kind}` : `the ${kind} ${names.get(kind)?.get(Number(id)) ?? id}`
}

/** Ids of other things become their names; a thing's own id goes, and so do times at which it was written. */
function readable(value: object, names: Names): Record<string, unknown> {
  const gone = new Set(['id', 'userid', 'createdAt', 'modifiedAt', 'at'])
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (gone.has(key) || item === undefined) return []
      const kind = key === 'parent' ? 'category' : key.toLowerCase().replace(/id$/, '')
      return [[key, typeof item === 'number' ? (names.get(kind)?.get(item) ?? item) : item]]
    }),
  )
}

function serviceFacts({ service }: World): Fact[] {
  const state = service?.state()
  if (state === undefined) return []
  const items = Array.isArray(state) ? state : [state]
  return items.map((item) => ({ of: 'service', what: `at the service: ${JSON.stringify(item)}`, value: {} }))
}

async function shopFacts({ ground: { db } }: World, names: Names): Promise<Fact[]> {
  const { orders, units, products, entitlements, behind, reservations, mails, credits, moved } = await db
    .selectNoFrom((select) => [
      jsonArrayFrom(select.selectFrom('orders').select('state').orderBy('id')).as('orders'),
      jsonArrayFrom(
        select.selectFrom('units').select(['id', 'state', 'feedback', 'external']).orderBy('id'),
      ).as('units'),
      jsonArrayFrom(select.selectFrom('products').selectAll().orderBy('id')).as('products'),
      jsonArrayFrom(select.selectFrom('entitlements').selectAll()).as('entitlements'),
      jsonArrayFrom(
        select
          .selectFrom('enrolments')
          .select(['course_id', 'user_id'])
          .where('applied_revision', '<', sql<number>`revision`),
      ).as('behind'),
      jsonArrayFrom(select.selectFrom('reservations').select(['name', 'unit_id'])).as('reservations'),
      jsonArrayFrom(select.selectFrom('mails').select('data').where('kind', '=', 'feedback')).as('mails'),
      jsonArrayFrom(select.selectFrom('credit_accounts').select(['email', 'currency', 'balance_cents'])).as(
        'credits',
      ),
      jsonArrayFrom(
        select
          .selectFrom('credit_movements')
          .innerJoin('products', 'products.id', 'credit_movements.product_id')
          .select(['kind', 'amount_cents', 'products.key', 'products.unit_id']),
      ).as('moved'),
    ])
    .executeTakeFirstOrThrow()
  const nameOf = (kind: string, id: number | null) => (id === null ? null : (names.get(kind)?.get(id) ?? id))
  const unitName = (id: number) => `unit ${units.findIndex((unit) => unit.id === id) + 1}`
  const fact = (what: string, value: Record<string, unknown> = {}): Fact => ({ of: 'shop', what, value })
  return [
    ...orders.map(({ state }, index) => fact(`order ${index + 1}`, { state })),
    ...units.map(({ id, state, feedback }) => fact(unitName(id), { state, feedback })),
    ...products.map((product) =>
      fact(`the product “${product.key}” of ${unitName(product.unit_id)}`, {
        state: product.state,
        title: product.title,
        link: product.link,
        holder: product.holder,
        answers: units.find(({ id }) => id === product.unit_id)?.external,
        startsAt: product.starts_at,
        endsAt: product.ends_at,
        data: product.data,
        opens: entitlements
          .filter(({ product_id }) => product_id === product.id)
          .map(({ course_id, user_id, role_id, group_id }) => ({
            course: nameOf('course', course_id),
            user: nameOf('user', user_id),
            role: role_id,
            group: nameOf('group', group_id),
          }))
          .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
      }),
    ),
    ...behind.map(({ course_id, user_id }) =>
      fact(
        `an enrolment that Moodle was not told: ${nameOf('user', user_id)} in ${nameOf('course', course_id)}`,
      ),
    ),
    ...reservations.map(({ name, unit_id }) => fact(`the name ${name}, held by ${unitName(unit_id)}`)),
    ...credits.map(({ email, currency, balance_cents }) => ({
      ...fact(`the credit balance of ${email}`, { balance: `${balance_cents} ${currency}` }),
      access: balance_cents > 0,
    })),
    ...moved.map(({ kind, amount_cents, key, unit_id }) =>
      fact(`credits ${kind} with the product “${key}” of ${unitName(unit_id)}`, { cents: amount_cents }),
    ),
    ...mails.map(({ data }) => fact(`a mail to the customer: ${JSON.stringify(data)}`)),
  ]
}
