export type Release = '4.1' | '4.5'

/** The kinds of exception that Moodle's services throw, and the class names that they had in 4.1. */
const exceptions = {
  moodle: 'moodle_exception',
  parameter: 'invalid_parameter_exception',
  response: 'invalid_response_exception',
  coding: 'coding_exception',
  capability: 'required_capability_exception',
  login: 'require_login_exception',
  missingRecord: 'dml_missing_record_exception',
  write: 'dml_write_exception',
  connection: 'dml_connection_exception',
  access: 'webservice_access_exception',
} as const

/** These kept their bare names when 4.5 moved the others into the namespace `core\exception`. */
const bareIn45 = new Set<keyof typeof exceptions>(['missingRecord', 'write', 'connection', 'access'])

/** A call that Moodle refuses: it becomes an error object, with HTTP 200. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: keyof typeof exceptions
  readonly errorcode: string

  constructor(kind: keyof typeof exceptions, errorcode: string, message: string) {
    super(message)
    this.kind = kind
    this.errorcode = errorcode
  }
}

/** The error object as the given release words it. Without site debugging there is no `debuginfo`. */
export function failureReply(failure: Failure, release: Release) {
  const name = exceptions[failure.kind]
  const exception = release === '4.5' && !bareIn45.has(failure.kind) ? `core\\exception\\${name}` : name
  return { exception, errorcode: failure.errorcode, message: failure.message }
}

/** What nearly every wrong input answers, without saying which input or why. */
export const invalidParameter = () =>
  new Failure('parameter', 'invalidparameter', 'Invalid parameter value detected')

export const missingRecord = (table: string) =>
  new Failure('missingRecord', 'invalidrecord', `Can't find data record in database table ${table}.`)

export const invalidUser = () => new Failure('missingRecord', 'invaliduser', 'Invalid user')

export const accessDenied = () => new Failure('access', 'accessexception', 'Access control exception')

export const invalidToken = () => new Failure('moodle', 'invalidtoken', 'Invalid token - token not found')

export const noPermission = (what: string) =>
  new Failure(
    'capability',
    'nopermissions',
    `Sorry, but you do not currently have permissions to do that (${what}).`,
  )

export const loginRequired = () =>
  new Failure('login', 'requireloginerror', 'Course or activity not accessible.')

/** The wrapper that many functions put around a course that is unknown or closed to the caller. */
export const courseContextFailure = (courseId: number, cause: string) =>
  new Failure(
    'moodle',
    'errorcoursecontextnotvalid',
    `You cannot execute functions in the course context (course id:${courseId}). The context error message was: ${cause}`,
  )
