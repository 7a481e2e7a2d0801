import { z } from 'zod'
import { type Call, defineFunction } from './define-function.ts'
import { Failure, invalidParameter, invalidUser, noPermission } from './failure.ts'
import { flag, int, list, raw, text, username } from './parameters.ts'
import { nextId, type State, type User } from './state.ts'

export const guestId = 1
export const adminId = 2
export const shopId = 3

const languages = new Set(['en', 'fr'])
const authentications = new Set(['manual', 'nologin', 'email', 'oauth2', 'webservice'])
/** Moodle's rule is longer; this refuses what a person may type by mistake. */
const emailRule = /^[^\s@<>()[\],;:\\"]+@[^\s@.]+(\.[^\s@.]+)+$/

/** The user, unless there is none or it was deleted. */
export function findUser(state: State, id: number): User | undefined {
  const user = state.users.get(id)
  return user?.deleted ? undefined : user
}

export function addUser(state: State, fields: Omit<User, 'id' | 'suspended' | 'deleted'>): User {
  const user = { ...fields, id: nextId(state, 'user'), suspended: false, deleted: false }
  state.users.set(user.id, user)
  state.usernames.set(user.username, user.id)
  state.emails.set(user.email.toLowerCase(), user.id)
  return user
}

export const fullName = (user: User) => `${user.firstname} ${user.lastname}`

/** The faults of a password, in Moodle's own HTML, which it also uses as the errorcode. */
function passwordFaults(password: string): string {
  const faults = [
    password.length < 8 && 'Passwords must be at least 8 characters long.',
    !/\d/.test(password) && 'Passwords must have at least 1 digit(s).',
    !/\p{Ll}/u.test(password) && 'Passwords must have at least 1 lower case letter(s).',
    !/\p{Lu}/u.test(password) && 'Passwords must have at least 1 upper case letter(s).',
    !/[^\p{L}\d]/u.test(password) &&
      'The password must have at least 1 special character(s) such as *, -, or #.',
  ]
  return faults
    .filter((fault) => fault !== false)
    .map((fault) => `<div>${fault}</div>`)
    .join('')
}

const profile = {
  maildisplay: int.optional(),
  city: text.optional(),
  country: raw.optional(),
  timezone: raw.optional(),
  description: raw.optional(),
  firstnamephonetic: text.optional(),
  lastnamephonetic: text.optional(),
  middlename: text.optional(),
  alternatename: text.optional(),
  interests: text.optional(),
  idnumber: raw.optional(),
  institution: text.optional(),
  department: text.optional(),
  phone1: text.optional(),
  phone2: text.optional(),
  address: text.optional(),
  lang: raw.optional(),
  calendartype: raw.optional(),
  theme: raw.optional(),
  mailformat: int.optional(),
  customfields: list(z.strictObject({ type: raw, value: raw })).optional(),
  preferences: list(z.strictObject({ type: raw, value: raw })).optional(),
}

const newUser = z.strictObject({
  ...profile,
  createpassword: flag.optional(),
  username,
  auth: raw.default('manual'),
  password: raw.optional(),
  firstname: text,
  lastname: text,
  email: raw,
})

const createUsers = defineFunction({
  parameters: z.strictObject({ users: list(newUser) }),
  writes: true,
  run({ state, caller, now }, { users }) {
    if (caller === 'plain') throw noPermission('Create users')
    const usernames = new Set<string>()
    const emails = new Set<string>()
    for (const user of users) {
      const email = user.email.toLowerCase()
      if (user.username.trim() === '' || user.firstname.trim() === '' || user.lastname.trim() === '')
        throw invalidParameter()
      if (state.usernames.has(user.username) || usernames.has(user.username)) throw invalidParameter()
      if (!authentications.has(user.auth)) throw invalidParameter()
      if (user.lang && !languages.has(user.lang)) throw invalidParameter()
      if (!emailRule.test(user.email)) throw invalidParameter()
      if (state.emails.has(email) || emails.has(email)) throw invalidParameter()
      if (!user.createpassword && !user.password) throw invalidParameter()
      const faults = user.createpassword || !user.password ? '' : passwordFaults(user.password)
      if (faults) throw new Failure('moodle', faults, `error/${faults}`)
      if (user.username.length > 100)
        throw new Failure('write', 'dmlwriteexception', 'Error writing to database')
      usernames.add(user.username)
      emails.add(email)
    }
    return users.map((user) => {
      const added = addUser(state, {
        username: user.username,
        email: user.email,
        firstname: user.firstname,
        lastname: user.lastname,
        idnumber: user.idnumber ?? '',
        city: user.city ?? '',
        country: /^(?!ZZ)[A-Z]{2}$/.test(user.country ?? '') ? (user.country ?? '') : '',
        lang: user.lang || 'en',
        auth: user.auth,
        createdAt: now,
      })
      return { id: added.id, username: added.username }
    })
  },
})

/** A user as `core_user_get_users` and its kin show it to the shop's account. */
export function userReply({ state, url }: Call, user: User) {
  const recent = state.release === '4.5'
  const image = `${url}/theme/image.php/${recent ? '' : '_s/'}boost/core/1/u`
  return {
    id: user.id,
    username: user.username,
    ...(recent && { firstname: user.firstname, lastname: user.lastname }),
    fullname: fullName(user),
    email: user.email,
    department: '',
    ...(user.idnumber && { idnumber: user.idnumber }),
    firstaccess: 0,
    lastaccess: 0,
    auth: user.auth,
    suspended: user.suspended,
    confirmed: true,
    lang: user.lang,
    theme: '',
    timezone: '99',
    mailformat: 1,
    ...(recent && { trackforums: 0 }),
    ...(user.city && { city: user.city }),
    ...(user.country && { country: user.country }),
    profileimageurlsmall: `${image}/f2`,
    profileimageurl: `${image}/f1`,
  }
}

/** SQL's LIKE without regard to case: `%` is any text, `_` any character, `\` takes the next one as it is. */
function like(pattern: string): (value: string) => boolean {
  const source = pattern.replace(/\\?./gsu, (piece) => {
    if (piece === '%') return '.*'
    if (piece === '_') return '.'
    const character = piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece
    return character.replace(/[.*+?^${}()|[\]\\/]/, '\\$&')
  })
  const expression = new RegExp(`^${source}$`, 'isu')
  return (value) => expression.test(value)
}

const exactKeys = new Set(['id', 'idnumber', 'username', 'auth'])
const likeKeys = new Set(['email', 'firstname', 'lastname'])

function* searched(state: State, criteria: Map<string, string>): Iterable<User> {
  const email = criteria.get('email')
  if (email !== undefined && !/[%_\\]/.test(email)) {
    const user = state.users.get(state.emails.get(email.toLowerCase()) ?? 0)
    if (user) yield user
  } else {
    for (const user of state.users.values()) if (!user.deleted) yield user
  }
}

const getUsers = defineFunction({
  parameters: z.strictObject({ criteria: list(z.strictObject({ key: raw, value: raw })) }),
  run(call, { criteria }) {
    const wanted = new Map<string, string>()
    const warnings: object[] = []
    for (const { key, value } of criteria) {
      if (wanted.has(key)) throw new Failure('moodle', 'keyalreadyset', 'The search key is already set')
      if (exactKeys.has(key) || likeKeys.has(key)) wanted.set(key, value)
      else {
        warnings.push({
          item: key,
          warningcode: 'invalidfieldparameter',
          message: `The search key '${key}' is not supported, look at the web service documentation`,
        })
      }
    }
    const tests = [...wanted].map(([key, value]) => {
      const matches = likeKeys.has(key) ? like(value) : (found: string) => found === value
      return (user: User) => matches(String(user[key as keyof User])) // both sets of keys name fields of User
    })
    const users = [...searched(call.state, wanted)].filter((user) => tests.every((test) => test(user)))
    return { users: users.map((user) => userReply(call, user)), warnings }
  },
})

const getUsersByField = defineFunction({
  parameters: z.strictObject({ field: raw, values: list(raw) }),
  run(call, { field, values }) {
    const { state } = call
    let found: User[]
    if (field === 'username') {
      found = values.flatMap((value) => state.users.get(state.usernames.get(value) ?? 0) ?? [])
    } else if (field === 'id') {
      found = values.flatMap((value) => findUser(state, Number(value)) ?? [])
    } else if (field === 'email') {
      // On PostgreSQL this comparison minds the case.
      found = values
        .flatMap((value) => state.users.get(state.emails.get(value.toLowerCase()) ?? 0) ?? [])
        .filter((user) => values.includes(user.email))
    } else if (field === 'idnumber') {
      found = [...state.users.values()].filter((user) => !user.deleted && values.includes(user.idnumber))
    } else {
      throw new Failure(
        'coding',
        'codingerror',
        'Coding error detected, it must be fixed by a programmer: invalid field parameter',
      )
    }
    return [...new Set(found)].sort((a, b) => a.id - b.id).map((user) => userReply(call, user))
  },
})

const changedUser = z.strictObject({
  ...profile,
  id: int,
  username: username.optional(),
  auth: raw.optional(),
  suspended: flag.optional(),
  password: raw.optional(),
  firstname: text.optional(),
  lastname: text.optional(),
  email: raw.optional(),
  userpicture: int.optional(),
})

type ChangedUser = z.output<typeof changedUser>

/** Why the change is refused, as the pair that Moodle's warning carries. */
function changeFault(state: State, change: ChangedUser): [code: string, message: string] | undefined {
  const user = state.users.get(change.id)
  if (!user) return ['invaliduserid', 'Invalid user ID']
  if (user.deleted) return ['usernotupdateddeleted', 'error/usernotupdateddeleted']
  if (user.id === guestId) return ['usernotupdatedguest', 'error/usernotupdatedguest']
  if (user.id === adminId) return ['usernotupdatedadmin', 'error/usernotupdatedadmin']
  if (change.email !== undefined) {
    const owner = state.emails.get(change.email.toLowerCase())
    if (!emailRule.test(change.email)) return ['useremailinvalid', 'Invalid email address']
    if (owner !== undefined && owner !== user.id) return ['useremailduplicate', 'Duplicate address']
  }
  if (change.username !== undefined) {
    const owner = state.usernames.get(change.username)
    if (owner !== undefined && owner !== user.id) return ['dmlwriteexception', 'Error writing to database']
  }
  return undefined
}

function changeUser(state: State, user: User, change: ChangedUser): void {
  if (change.username !== undefined) {
    state.usernames.delete(user.username)
    state.usernames.set(change.username, user.id)
  }
  if (change.email !== undefined) {
    state.emails.delete(user.email.toLowerCase())
    state.emails.set(change.email.toLowerCase(), user.id)
  }
  const { username, email, firstname, lastname, idnumber, city, country, lang, auth, suspended } = change
  const given = { username, email, firstname, lastname, idnumber, city, country, lang, auth, suspended }
  Object.assign(user, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
}

const updateUsers = defineFunction({
  parameters: z.strictObject({ users: list(changedUser) }),
  writes: true,
  run({ state, caller }, { users }) {
    if (caller === 'plain') throw noPermission('Update user profiles')
    // The fault becomes a warning whose code is HTML, which Moodle then finds no valid answer.
    if (users.some((user) => user.password !== undefined && passwordFaults(user.password)))
      throw new Failure('response', 'invalidresponse', 'Invalid response value detected')
    const warnings: object[] = []
    for (const change of users) {
      const fault = changeFault(state, change)
      const user = findUser(state, change.id)
      if (fault) {
        warnings.push({ item: 'user', itemid: change.id, warningcode: fault[0], message: fault[1] })
      } else if (user) changeUser(state, user, change)
    }
    return { warnings }
  },
})

const deleteUsers = defineFunction({
  parameters: z.strictObject({ userids: list(int) }),
  writes: true,
  run({ state, caller }, { userids }) {
    if (caller !== 'admin') throw noPermission('Delete users')
    const users = userids.map((id) => {
      const user = findUser(state, id)
      if (!user || id === guestId || id === adminId) throw invalidUser()
      return user
    })
    for (const user of users) {
      user.deleted = true
      state.usernames.delete(user.username)
      state.emails.delete(user.email.toLowerCase())
      for (const enrolments of state.enrolments.values()) enrolments.delete(user.id)
      for (const assignments of state.roles.values()) assignments.delete(user.id)
      for (const group of state.groups.values()) group.members.delete(user.id)
      for (const cohort of state.cohorts.values()) cohort.members.delete(user.id)
    }
    return null
  },
})

export const userFunctions = {
  core_user_create_users: createUsers,
  core_user_get_users: getUsers,
  core_user_get_users_by_field: getUsersByField,
  core_user_update_users: updateUsers,
  core_user_delete_users: deleteUsers,
}
