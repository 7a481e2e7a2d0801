import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { Database } from '../db/schema.ts'
import type { Text } from '../sdk/index.ts'
import type { RehearsedCall, Shop } from './shop.ts'

/** What an id of the site names, for people to read: of what is there, and of what a call would make. */
export type Names = Record<
  'user' | 'course' | 'group' | 'cohort' | 'category' | 'role',
  (id: number) => Promise<string>
>

const id = z.coerce.number()

/** The names of what these calls are about. Asks the site no more than it must. */
export function openNames(
  { site }: Pick<Shop, 'site'>,
  db: Kysely<Database>,
  noted: ({ call: RehearsedCall } | { says: Text })[],
): Names {
  const made = new Map(noted.flatMap((one) => ('call' in one ? madeBy(one.call) : [])))
  const named =
    (find: (id: number) => Promise<string | undefined>): Names['user'] =>
    async (id) =>
      made.get(id) ?? (await find(id).catch(() => undefined)) ?? String(id)
  return {
    user: named(async (id) => {
      const known = await db
        .selectFrom('accounts')
        .select('email')
        .where('site', '=', site.site)
        .where('user_id', '=', id)
        .executeTakeFirst()
      return known?.email
    }),
    course: named(async (id) => (await site.course(id))?.fullname),
    group: named(async (id) => {
      const given = await db
        .selectFrom('entitlements')
        .select('course_id')
        .where('group_id', '=', id)
        .limit(1)
        .executeTakeFirst()
      const groups = given ? await site.groups(given.course_id) : []
      return groups.find((group) => group.id === id)?.name
    }),
    cohort: named(async (id) => (await site.cohorts()).find((cohort) => cohort.id === id)?.name),
    category: named(async (id) => (await site.categories()).find((category) => category.id === id)?.name),
    role: named(async (id) => (await site.roles()).find((role) => role.id === id)?.shortname),
  }
}

const thing = z.object({
  id,
  email: z.string().optional(),
  fullname: z.string().optional(),
  name: z.string().optional(),
})

/** What a call would make, by the id that was made up for it. */
function madeBy({ parameters, answer }: RehearsedCall): [number, string][] {
  const sent = Object.values(parameters).find(Array.isArray) ?? [parameters]
  return [answer].flat().flatMap((one, index): [number, string][] => {
    const read = thing.safeParse(typeof one === 'object' && one ? { ...sent[index], ...one } : undefined)
    const name = read.data?.email ?? read.data?.fullname ?? read.data?.name
    return read.data && name !== undefined ? [[read.data.id, name]] : []
  })
}

type Say = (parameters: unknown, names: Names) => Promise<Text[]>

/** Reads a call's parameters, and says what each of their elements does; nothing when they are not as expected. */
function saying<Parameters>(
  parameters: z.ZodType<Parameters>,
  say: (parameters: Parameters, names: Names) => Promise<Text>[] | Promise<Text>,
): Say {
  return async (given, names) => {
    const read = parameters.safeParse(given)
    return read.success ? await Promise.all([say(read.data, names)].flat()) : []
  }
}

const list = <Name extends string, Element extends z.ZodType>(name: Name, element: Element) =>
  z.object({ [name]: z.array(element) } as Record<Name, z.ZodArray<Element>>) // one property, of this name

const member = z.object({ groupid: id, userid: id })
const assignment = z.object({ roleid: id, userid: id, contextlevel: z.string(), instanceid: id })
const described = z.object({ type: z.string(), value: z.union([z.string(), z.number()]) })

const says: Record<string, Say> = {
  core_user_create_users: saying(
    list('users', z.object({ firstname: z.string(), lastname: z.string(), email: z.string() })),
    ({ users }) =>
      users.map(async ({ firstname, lastname, email }) => ({
        en: `Makes an account for ${firstname} ${lastname} (${email}); Moodle mails the password.`,
        fr: `Crée un compte pour ${firstname} ${lastname} (${email}) ; Moodle envoie le mot de passe.`,
      })),
  ),
  enrol_manual_enrol_users: saying(
    list(
      'enrolments',
      z.object({
        userid: id,
        courseid: id,
        roleid: id,
        timestart: id.default(0),
        timeend: id.default(0),
        suspend: z.coerce.boolean().default(false),
      }),
    ),
    ({ enrolments }, names) =>
      enrolments.map(async ({ userid, courseid, roleid, timestart, timeend, suspend }) => {
        const [user, course, role] = await Promise.all([
          names.user(userid),
          names.course(courseid),
          names.role(roleid),
        ])
        if (suspend) {
          return {
            en: `Suspends the enrolment of ${user} in “${course}”.`,
            fr: `Suspend l’inscription de ${user} à « ${course} ».`,
          }
        }
        const period = sayPeriod(timestart, timeend)
        return {
          en: `Enrols ${user} in “${course}” as ${role}, ${period.en}.`,
          fr: `Inscrit ${user} à « ${course} » comme ${role}, ${period.fr}.`,
        }
      }),
  ),
  core_group_create_groups: saying(
    list('groups', z.object({ courseid: id, name: z.string() })),
    ({ groups }, names) =>
      groups.map(async ({ courseid, name }) => {
        const course = await names.course(courseid)
        return {
          en: `Makes the group “${name}” in “${course}”.`,
          fr: `Crée le groupe « ${name} » dans « ${course} ».`,
        }
      }),
  ),
  core_group_add_group_members: saying(list('members', member), ({ members }, names) =>
    members.map(async ({ userid, groupid }) => {
      const [user, group] = await Promise.all([names.user(userid), names.group(groupid)])
      return { en: `Puts ${user} in the group “${group}”.`, fr: `Ajoute ${user} au groupe « ${group} ».` }
    }),
  ),
  core_group_delete_group_members: saying(list('members', member), ({ members }, names) =>
    members.map(async ({ userid, groupid }) => {
      const [user, group] = await Promise.all([names.user(userid), names.group(groupid)])
      return {
        en: `Takes ${user} out of the group “${group}”.`,
        fr: `Retire ${user} du groupe « ${group} ».`,
      }
    }),
  ),
  core_cohort_add_cohort_members: saying(
    list('members', z.object({ cohorttype: described, usertype: described })),
    ({ members }, names) =>
      members.map(async ({ cohorttype, usertype }) => {
        const [user, cohort] = await Promise.all([
          names.user(Number(usertype.value)),
          names.cohort(Number(cohorttype.value)),
        ])
        return {
          en: `Puts ${user} in the cohort “${cohort}”.`,
          fr: `Ajoute ${user} à la cohorte « ${cohort} ».`,
        }
      }),
  ),
  core_role_assign_roles: saying(list('assignments', assignment), ({ assignments }, names) =>
    assignments.map(async (one) => {
      const [user, role, place] = await Promise.all([
        names.user(one.userid),
        names.role(one.roleid),
        sayPlace(one, names),
      ])
      return {
        en: `Gives ${user} the role ${role} in ${place.en}.`,
        fr: `Donne à ${user} le rôle ${role} dans ${place.fr}.`,
      }
    }),
  ),
  core_role_unassign_roles: saying(list('unassignments', assignment), ({ unassignments }, names) =>
    unassignments.map(async (one) => {
      const [user, role, place] = await Promise.all([
        names.user(one.userid),
        names.role(one.roleid),
        sayPlace(one, names),
      ])
      return {
        en: `Takes the role ${role} in ${place.en} from ${user}.`,
        fr: `Retire à ${user} le rôle ${role} dans ${place.fr}.`,
      }
    }),
  ),
  core_course_duplicate_course: saying(
    z.object({ courseid: id, fullname: z.string(), categoryid: id }),
    async ({ courseid, fullname, categoryid }, names) => {
      const [course, category] = await Promise.all([names.course(courseid), names.category(categoryid)])
      return {
        en: `Copies the course “${course}” into the category “${category}”, as “${fullname}”.`,
        fr: `Copie le cours « ${course} » dans la catégorie « ${category} », sous le nom « ${fullname} ».`,
      }
    },
  ),
  core_course_update_courses: saying(
    list(
      'courses',
      z.object({ id, fullname: z.string().optional(), visible: z.coerce.boolean().optional() }),
    ),
    ({ courses }, names) =>
      courses.map(async (one) => {
        const course = await names.course(one.id)
        const named =
          one.fullname === undefined
            ? { en: '', fr: '' }
            : { en: `; its name: “${one.fullname}”`, fr: ` ; son nom : « ${one.fullname} »` }
        const hidden =
          one.visible === false ? { en: '; it is hidden', fr: ' ; il est caché' } : { en: '', fr: '' }
        return {
          en: `Changes the course “${course}”${named.en}${hidden.en}.`,
          fr: `Modifie le cours « ${course} »${named.fr}${hidden.fr}.`,
        }
      }),
  ),
  core_course_create_categories: saying(
    list('categories', z.object({ name: z.string(), parent: id.default(0) })),
    ({ categories }, names) =>
      categories.map(async ({ name, parent }) => {
        const inside = parent === 0 ? undefined : await names.category(parent)
        return {
          en: `Makes the category “${name}”${inside ? ` in “${inside}”` : ''}.`,
          fr: `Crée la catégorie « ${name} »${inside ? ` dans « ${inside} »` : ''}.`,
        }
      }),
  ),
}

/** What a call would do, in words. What is not known here is told by its function's name. */
export async function sayCall(call: RehearsedCall, names: Names): Promise<Text> {
  const said = (await says[call.function]?.(call.parameters, names)) ?? []
  if (said.length === 0) return { en: `Calls ${call.function}.`, fr: `Appelle ${call.function}.` }
  return { en: said.map(({ en }) => en).join(' '), fr: said.map(({ fr }) => fr).join(' ') }
}

async function sayPlace(
  { contextlevel, instanceid }: z.output<typeof assignment>,
  names: Names,
): Promise<Text> {
  if (contextlevel === 'system') return { en: 'the whole site', fr: 'toute la plateforme' }
  const course = contextlevel === 'course'
  const name = course ? await names.course(instanceid) : await names.category(instanceid)
  return course
    ? { en: `the course “${name}”`, fr: `le cours « ${name} »` }
    : { en: `the category “${name}”`, fr: `la catégorie « ${name} »` }
}

/** Times are Unix seconds; 0 is none. */
function sayPeriod(startsAt: number, endsAt: number): Text {
  const from = { en: `from ${day(startsAt, 'en')}`, fr: `à partir du ${day(startsAt, 'fr')}` }
  if (endsAt === 0) return { en: `${from.en} without an end`, fr: `${from.fr}, sans fin` }
  return {
    en: `${from.en} to ${day(endsAt, 'en')}`,
    fr: `du ${day(startsAt, 'fr')} au ${day(endsAt, 'fr')}`,
  }
}

function day(seconds: number, locale: 'en' | 'fr'): string {
  const format = new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'long' })
  return format.format(new Date(seconds * 1000))
}
