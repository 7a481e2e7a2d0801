import { z } from 'zod'
import { MoodleError } from '../sdk/index.ts'
import type { Call, Client } from './client.ts'

/** A call that was not sent, and the answer that was made up. */
export type RehearsedCall = { function: string; parameters: Record<string, unknown>; answer: unknown }

/** Functions that only read. Any other is never sent: Moodle itself doesn't tell the ones from the others. */
export const readingFunctions: ReadonlySet<string> = new Set([
  'core_badges_get_user_badges',
  'core_cohort_get_cohort_members',
  'core_cohort_get_cohorts',
  'core_cohort_search_cohorts',
  'core_completion_get_activities_completion_status',
  'core_completion_get_course_completion_status',
  'core_course_get_categories',
  'core_course_get_contents',
  'core_course_get_course_module',
  'core_course_get_courses',
  'core_course_get_courses_by_field',
  'core_course_search_courses',
  'core_enrol_get_course_enrolment_methods',
  'core_enrol_get_enrolled_users',
  'core_enrol_get_users_courses',
  'core_enrol_search_users',
  'core_group_get_course_groupings',
  'core_group_get_course_groups',
  'core_group_get_course_user_groups',
  'core_group_get_group_members',
  'core_group_get_groups',
  'core_notes_get_course_notes',
  'core_user_get_users',
  'core_user_get_users_by_field',
  'core_webservice_get_site_info',
  'gradereport_user_get_grade_items',
  'mod_quiz_get_overrides',
  'mod_quiz_get_quizzes_by_courses',
])

/** Ids of what does not exist: no Moodle has come as far. */
const firstMadeUp = 2_000_000_000

/**
 * A client that really reads, and sends nothing that writes: such calls are handed to `note`, and their answers made up
 * after what the caller expects and what it sent. What concerns something made up is not asked of Moodle either.
 */
export function rehearsingClient(client: Client, note: (call: RehearsedCall) => void): Client {
  let madeUp = firstMadeUp

  const rehearse =
    (send: Call): Call =>
    async (wsfunction, parameters, reply, options) => {
      const reads = readingFunctions.has(wsfunction)
      if (reads && !namesMadeUp(parameters)) return await send(wsfunction, parameters, reply, options)
      const sent = Object.values(parameters).find(Array.isArray) ?? []
      const answer = answerTo(z.toJSONSchema(reply, { io: 'input', unrepresentable: 'any' }), {
        elements: reads ? [] : sent,
        one: reads ? {} : parameters,
        newId: () => madeUp++,
      })
      if (!reads) note({ function: wsfunction, parameters, answer })
      const read = reply.safeParse(answer)
      if (read.success) return read.data
      const message = `${wsfunction}: nobody can make up what Moodle would answer, so a rehearsal ends here`
      throw new MoodleError(message, { kind: 'request', code: 'rehearsal', call: wsfunction })
    }

  return { ...client, call: rehearse(client.call), callNow: rehearse(client.callNow) }
}

/** Whether a value is, or holds, the id of something made up. */
export function namesMadeUp(value: unknown): boolean {
  if (typeof value === 'number') return value >= firstMadeUp
  if (typeof value === 'string') return /^\d{10}$/.test(value) && Number(value) >= firstMadeUp
  return typeof value === 'object' && value !== null && Object.values(value).some(namesMadeUp)
}

type Sent = { elements: unknown[]; one: unknown; newId: () => number }

/** An answer of this schema: a list has an element for each that was sent, and whatever was sent comes back. */
function answerTo(schema: z.core.JSONSchema._JSONSchema, sent: Sent): unknown {
  if (typeof schema === 'boolean') return null
  if (schema.type === 'array') {
    const { items } = schema
    if (!items || Array.isArray(items)) return []
    return sent.elements.map((element) => fill(items, element, sent.newId))
  }
  return fill(schema, sent.one, sent.newId)
}

function fill(schema: z.core.JSONSchema._JSONSchema, sent: unknown, newId: () => number): unknown {
  if (typeof schema === 'boolean') return null
  if (schema.default !== undefined) return schema.default
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const [variant] = schema.anyOf ?? schema.oneOf ?? []
  if (variant) return fill(variant, sent, newId)
  switch (schema.type) {
    case 'object': {
      const given = new Map(typeof sent === 'object' && sent !== null ? Object.entries(sent) : [])
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, of]) => {
          if (given.has(name) && name !== 'id') return [name, given.get(name)]
          const isId = /id$/.test(name) && typeof of === 'object' && of.type !== 'string'
          return [name, isId ? newId() : fill(of, undefined, newId)]
        }),
      )
    }
    case 'array':
      return []
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    case 'string':
      return ''
    default:
      return null
  }
}
