import { z } from 'zod'
import { courseInContext } from './courses.ts'
import { type Call, defineFunction } from './define-function.ts'
import { Failure, invalidParameter, invalidUser, missingRecord } from './failure.ts'
import { flag, int, list, raw, text } from './parameters.ts'
import { type Group, nextId, type State } from './state.ts'
import { findUser } from './users.ts'

export function addGroup(state: State, fields: Omit<Group, 'id' | 'members'>): Group {
  const group = { ...fields, id: nextId(state, 'group'), members: new Set<number>() }
  state.groups.set(group.id, group)
  return group
}

export const groupsOf = (state: State, courseId: number): Group[] =>
  [...state.groups.values()].filter((group) => group.courseId === courseId)

function groupReply({ state }: Call, group: Group, enrolmentkey: '' | null) {
  return {
    id: group.id,
    courseid: group.courseId,
    name: group.name,
    description: group.description,
    descriptionformat: 1,
    enrolmentkey,
    idnumber: group.idnumber,
    ...(state.release === '4.5' && { visibility: 0, participation: true }),
  }
}

const createGroups = defineFunction({
  parameters: z.strictObject({
    groups: list(
      z.strictObject({
        courseid: int,
        name: text,
        description: raw,
        descriptionformat: int.optional(),
        enrolmentkey: raw.optional(),
        idnumber: raw.optional(),
        visibility: int.optional(),
        participation: flag.optional(),
        customfields: list(z.strictObject({ shortname: raw, value: raw })).optional(),
      }),
    ),
  }),
  writes: true,
  run(call, { groups }) {
    const { state } = call
    const taken = new Map<number, { names: Set<string>; idnumbers: Set<string> }>()
    for (const { courseid, name, idnumber } of groups) {
      if (name.trim() === '') throw invalidParameter()
      let course = taken.get(courseid)
      if (!course) {
        courseInContext(call, courseid)
        const there = groupsOf(state, courseid)
        const idnumbers = there.map((group) => group.idnumber)
        course = { names: new Set(there.map((group) => group.name)), idnumbers: new Set(idnumbers) }
        taken.set(courseid, course)
      }
      if (course.names.has(name)) throw invalidParameter()
      if (idnumber && course.idnumbers.has(idnumber)) {
        throw new Failure('moodle', 'idnumbertaken', 'This ID number is already in use')
      }
      course.names.add(name)
      course.idnumbers.add(idnumber ?? '')
    }
    return groups.map(({ courseid, name, description, idnumber = '' }) =>
      groupReply(call, addGroup(state, { courseId: courseid, name, description, idnumber }), ''),
    )
  },
})

const getCourseGroups = defineFunction({
  parameters: z.strictObject({ courseid: int }),
  run(call, { courseid }) {
    courseInContext(call, courseid)
    return groupsOf(call.state, courseid).map((group) => groupReply(call, group, null))
  },
})

const getGroupMembers = defineFunction({
  parameters: z.strictObject({ groupids: list(int) }),
  run({ state }, { groupids }) {
    return groupids.map((groupid) => ({ groupid, userids: [...groupById(state, groupid).members] }))
  },
})

function groupById(state: State, id: number): Group {
  const group = state.groups.get(id)
  if (!group) throw missingRecord('groups')
  return group
}

const membership = z.strictObject({ groupid: int, userid: int })

/** The pairs of group and user, once all of them are known to exist. */
function membersIn({ state }: Call, members: z.output<typeof membership>[]) {
  return members.map(({ groupid, userid }) => {
    const group = groupById(state, groupid)
    if (!findUser(state, userid)) throw invalidUser()
    return { group, userid }
  })
}

const addMembers = defineFunction({
  parameters: z.strictObject({ members: list(membership) }),
  writes: true,
  run(call, { members }) {
    const pairs = membersIn(call, members)
    for (const { group, userid } of pairs) {
      if (!call.state.enrolments.get(group.courseId)?.has(userid)) throw invalidParameter()
    }
    for (const { group, userid } of pairs) group.members.add(userid)
    return null
  },
})

const deleteMembers = defineFunction({
  parameters: z.strictObject({ members: list(membership) }),
  writes: true,
  run(call, { members }) {
    for (const { group, userid } of membersIn(call, members)) group.members.delete(userid)
    return null
  },
})

const deleteGroups = defineFunction({
  parameters: z.strictObject({ groupids: list(int) }),
  writes: true,
  run({ state }, { groupids }) {
    for (const id of groupids) state.groups.delete(id)
    return null
  },
})

export const groupFunctions = {
  core_group_create_groups: createGroups,
  core_group_get_course_groups: getCourseGroups,
  core_group_get_group_members: getGroupMembers,
  core_group_add_group_members: addMembers,
  core_group_delete_group_members: deleteMembers,
  core_group_delete_groups: deleteGroups,
}
