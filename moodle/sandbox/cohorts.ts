import { z } from 'zod'
import { type Call, defineFunction } from './define-function.ts'
import { invalidParameter, invalidUser, missingRecord, noPermission } from './failure.ts'
import { flag, int, list, raw, text } from './parameters.ts'
import { type Cohort, nextId, type State } from './state.ts'
import { findUser } from './users.ts'

export function addCohort(state: State, fields: Omit<Cohort, 'id' | 'members'>): Cohort {
  const cohort = { ...fields, id: nextId(state, 'cohort'), members: new Set<number>() }
  state.cohorts.set(cohort.id, cohort)
  return cohort
}

const cohortReply = (cohort: Cohort) => ({
  id: cohort.id,
  name: cohort.name,
  idnumber: cohort.idnumber,
  description: cohort.description,
  descriptionformat: 1,
  visible: cohort.visible,
  theme: '',
})

const readReply = ({ state }: Call, cohort: Cohort) => ({
  ...cohortReply(cohort),
  ...(state.release === '4.5' && { customfields: [] }),
})

const createCohorts = defineFunction({
  parameters: z.strictObject({
    cohorts: list(
      z.strictObject({
        categorytype: z.strictObject({ type: raw, value: raw }),
        name: text,
        idnumber: raw,
        description: raw.optional(),
        descriptionformat: int.optional(),
        visible: flag.optional(),
        theme: raw.optional(),
      }),
    ),
  }),
  writes: true,
  run({ state, caller }, { cohorts }) {
    if (caller === 'plain') throw noPermission('Create, delete and move cohorts')
    const idnumbers = new Set([...state.cohorts.values()].map((cohort) => cohort.idnumber))
    for (const { categorytype, idnumber } of cohorts) {
      if (categorytype.type !== 'system') throw invalidParameter()
      if (idnumber && idnumbers.has(idnumber)) throw invalidParameter()
      idnumbers.add(idnumber)
    }
    return cohorts.map(({ name, idnumber, description = '', visible = true }) =>
      cohortReply(addCohort(state, { name, idnumber, description, visible })),
    )
  },
})

const getCohorts = defineFunction({
  parameters: z.strictObject({ cohortids: list(int).default([]) }),
  run(call, { cohortids }) {
    const { state } = call
    const cohorts =
      cohortids.length > 0 ? cohortids.map((id) => cohortById(state, id)) : state.cohorts.values()
    return [...cohorts].map((cohort) => readReply(call, cohort))
  },
})

function cohortById(state: State, id: number): Cohort {
  const cohort = state.cohorts.get(id)
  if (!cohort) throw missingRecord('cohort')
  return cohort
}

const searchCohorts = defineFunction({
  parameters: z.strictObject({
    query: raw,
    context: z.strictObject({
      contextid: int.optional(),
      contextlevel: raw.optional(),
      instanceid: int.optional(),
    }),
    includes: raw.default('parents'),
    limitfrom: int.default(0),
    limitnum: int.default(25),
  }),
  run(call, { query, context, includes, limitfrom, limitnum }) {
    if (context.contextlevel !== 'system' && context.contextid !== 1) throw invalidParameter()
    if (!['self', 'parents', 'all'].includes(includes)) throw invalidParameter()
    const wanted = query.toLowerCase()
    const found = [...call.state.cohorts.values()].filter((cohort) =>
      `${cohort.name}\n${cohort.idnumber}\n${cohort.description}`.toLowerCase().includes(wanted),
    )
    return {
      cohorts: found
        .slice(limitfrom, limitnum > 0 ? limitfrom + limitnum : undefined)
        .map((cohort) => readReply(call, cohort)),
    }
  },
})

/** Faults of this function are warnings: `3` for a member who is there already, `2` for someone unknown. */
function addMember(
  { state }: Call,
  cohortType: { type: string; value: string },
  userType: { type: string; value: string },
): { warningcode: string; message: string } | undefined {
  const cohort =
    cohortType.type === 'id'
      ? state.cohorts.get(Number(cohortType.value))
      : [...state.cohorts.values()].find(({ idnumber }) => idnumber === cohortType.value)
  if (!cohort) {
    return { warningcode: '2', message: `cohort ${cohortType.type}=${cohortType.value} not exists` }
  }
  const user =
    userType.type === 'id'
      ? findUser(state, Number(userType.value))
      : findUser(state, state.usernames.get(userType.value) ?? 0)
  if (!user) return { warningcode: '2', message: `user ${userType.type}=${userType.value} not exists` }
  if (cohort.members.has(user.id)) {
    const who = `${cohortType.type}=${cohortType.value} ${userType.type}=${userType.value}`
    return { warningcode: '3', message: `record already exists: cohort(${who})` }
  }
  cohort.members.add(user.id)
  return undefined
}

const addMembers = defineFunction({
  parameters: z.strictObject({
    members: list(
      z.strictObject({
        cohorttype: z.strictObject({ type: z.enum(['id', 'idnumber']), value: raw }),
        usertype: z.strictObject({ type: z.enum(['id', 'username']), value: raw }),
      }),
    ),
  }),
  writes: true,
  run(call, { members }) {
    if (call.caller === 'plain') throw noPermission('Assign and de-assign members to cohorts')
    const warnings = members.flatMap((member) => addMember(call, member.cohorttype, member.usertype) ?? [])
    return { warnings }
  },
})

const getMembers = defineFunction({
  parameters: z.strictObject({ cohortids: list(int) }),
  run({ state }, { cohortids }) {
    return cohortids.map((cohortid) => ({ cohortid, userids: [...cohortById(state, cohortid).members] }))
  },
})

const deleteMembers = defineFunction({
  parameters: z.strictObject({ members: list(z.strictObject({ cohortid: int, userid: int })) }),
  writes: true,
  run({ state, caller }, { members }) {
    if (caller === 'plain') throw noPermission('Assign and de-assign members to cohorts')
    const pairs = members.map(({ cohortid, userid }) => {
      const cohort = cohortById(state, cohortid)
      if (!findUser(state, userid)) throw invalidUser()
      return { cohort, userid }
    })
    for (const { cohort, userid } of pairs) cohort.members.delete(userid)
    return null
  },
})

const deleteCohorts = defineFunction({
  parameters: z.strictObject({ cohortids: list(int) }),
  writes: true,
  run({ state, caller }, { cohortids }) {
    if (caller === 'plain') throw noPermission('Create, delete and move cohorts')
    for (const cohort of cohortids.map((id) => cohortById(state, id))) state.cohorts.delete(cohort.id)
    return null
  },
})

export const cohortFunctions = {
  core_cohort_create_cohorts: createCohorts,
  core_cohort_get_cohorts: getCohorts,
  core_cohort_search_cohorts: searchCohorts,
  core_cohort_add_cohort_members: addMembers,
  core_cohort_get_cohort_members: getMembers,
  core_cohort_delete_cohort_members: deleteMembers,
  core_cohort_delete_cohorts: deleteCohorts,
}
