import type { Release } from './failure.ts'

export type User = {
  id: number
  username: string
  email: string
  firstname: string
  lastname: string
  idnumber: string
  city: string
  country: string
  lang: string
  auth: string
  suspended: boolean
  deleted: boolean
  createdAt: number
}

export type Category = {
  id: number
  name: string
  idnumber: string
  description: string
  parent: number
  visible: boolean
  modifiedAt: number
}

export type Section = { name: string; activities: string[] }

export type Course = {
  id: number
  shortname: string
  fullname: string
  idnumber: string
  summary: string
  categoryId: number
  visible: boolean
  format: string
  lang: string
  startsAt: number
  endsAt: number
  groupMode: number
  completion: boolean
  /** The course's manual enrolment method: none, there but switched off, or usable. */
  manual: 'none' | 'disabled' | 'enabled'
  sections: Section[]
  createdAt: number
  modifiedAt: number
}

/** Times are Unix seconds; 0 is none. */
export type Enrolment = { userId: number; startsAt: number; endsAt: number; suspended: boolean }

/** How often an enrolment came into being, was set (the creation too), and was taken away. */
export type EnrolmentTally = { created: number; set: number; removed: number }

export type Group = {
  id: number
  courseId: number
  name: string
  idnumber: string
  description: string
  members: Set<number>
}

export type Cohort = {
  id: number
  name: string
  idnumber: string
  description: string
  visible: boolean
  members: Set<number>
}

export type Quiz = { id: number; courseId: number; name: string; attempts: number; timeLimit: number }

export type Override = {
  id: number
  quizId: number
  userId: number | null
  groupId: number | null
  timeopen: number | null
  timeclose: number | null
  timelimit: number | null
  attempts: number | null
  password: string | null
}

/** The whole site. Plain data: maps, sets and records of texts and numbers. */
export type State = {
  release: Release
  sitename: string
  ids: Record<'user' | 'course' | 'category' | 'group' | 'cohort' | 'override' | 'message' | 'note', number>
  users: Map<number, User>
  /** Users that aren't deleted, by username and by e-mail in lower case. */
  usernames: Map<string, number>
  emails: Map<string, number>
  categories: Map<number, Category>
  courses: Map<number, Course>
  /** By course, then by user. */
  enrolments: Map<number, Map<number, Enrolment>>
  /** By `course:user`; kept when the enrolment ends. */
  tallies: Map<string, EnrolmentTally>
  /** When a learner last entered a course, by `course:user`. Nobody's call: a restart forgets it. */
  visits: Map<string, number>
  /** Role ids by context (`system`, `coursecat:2`, `course:3`), then by user. */
  roles: Map<string, Map<number, Set<number>>>
  groups: Map<number, Group>
  cohorts: Map<number, Cohort>
  quizzes: Map<number, Quiz>
  overrides: Map<number, Override>
  messages: { id: number; userId: number; text: string; at: number }[]
  notes: { id: number; userId: number; courseId: number; text: string; at: number }[]
}

/** The next id of a kind. Ids are given in order, so the same calls always give the same ids. */
export function nextId(state: State, kind: keyof State['ids']): number {
  state.ids[kind] += 1
  return state.ids[kind]
}

/** The state as one line of JSON. */
export const writeState = (state: State) =>
  JSON.stringify(state, (_key, value) => {
    if (value instanceof Map) return { map: [...value] }
    if (value instanceof Set) return { set: [...value] }
    return value
  })

/** Reads what `writeState` wrote. */
export const readState = (json: string): State => ({
  // Files of before have none.
  visits: new Map(),
  ...JSON.parse(json, (_key, value) => {
    if (Array.isArray(value?.map)) return new Map(value.map)
    if (Array.isArray(value?.set)) return new Set(value.set)
    return value
  }), // written by writeState alone, into a file that the sandbox owns
})
