import { z } from 'zod'
import { type Call, defineFunction } from './define-function.ts'
import { courseContextFailure, Failure, invalidParameter, loginRequired, missingRecord } from './failure.ts'
import { flag, int, list, namedOptions, raw, text } from './parameters.ts'
import { type Course, nextId, type State } from './state.ts'

/** The front page is a course too. */
export const frontPageId = 1

export function findCourse(state: State, matches: (course: Course) => boolean): Course | undefined {
  for (const course of state.courses.values()) if (matches(course)) return course
  return undefined
}

/** The course of a function that wraps what is wrong with it as `errorcoursecontextnotvalid`. */
export function courseInContext({ state, caller }: Call, id: number): Course {
  const course = state.courses.get(id)
  if (!course) throw courseContextFailure(id, 'Invalid parameter value detected')
  if (caller === 'plain') throw courseContextFailure(id, 'Course or activity not accessible.')
  return course
}

export function addCourse(state: State, fields: Omit<Course, 'id'>): Course {
  const course = { ...fields, id: nextId(state, 'course') }
  state.courses.set(course.id, course)
  state.enrolments.set(course.id, new Map())
  return course
}

const image = (url: string, course: Course) =>
  `${url}/pluginfile.php/${course.id}/course/generated/course.svg`
// Moodle lists the newest course of a category first.
const sortOrder = (course: Course) => course.categoryId * 10_000 + 9_999 - course.id

/** A course as lists of courses show it. */
function briefReply({ state, url }: Call, course: Course) {
  return {
    id: course.id,
    fullname: course.fullname,
    displayname: course.fullname,
    shortname: course.shortname,
    ...(state.release === '4.5' && { courseimage: image(url, course) }),
    categoryid: course.categoryId,
    categoryname: state.categories.get(course.categoryId)?.name ?? '',
    sortorder: sortOrder(course),
    summary: course.summary,
    summaryformat: 1,
    summaryfiles: [],
    overviewfiles: [],
    showactivitydates: false,
    showcompletionconditions: true,
    contacts: [],
    enrollmentmethods: course.manual === 'enabled' ? ['manual'] : [],
  }
}

const filterNames = ['displayh5p', 'activitynames', 'mathjaxloader', 'emoticon', 'urltolink', 'mediaplugin']
const filters = filterNames.map((filter) => ({ filter, localstate: 0, inheritedstate: 1 }))

function fullReply(call: Call, course: Course) {
  return {
    ...briefReply(call, course),
    idnumber: course.idnumber,
    format: course.format,
    showgrades: 1,
    newsitems: 1,
    startdate: course.startsAt,
    enddate: course.endsAt,
    maxbytes: 0,
    showreports: 0,
    visible: course.visible ? 1 : 0,
    groupmode: course.groupMode,
    groupmodeforce: 0,
    defaultgroupingid: 0,
    enablecompletion: course.completion ? 1 : 0,
    completionnotify: 0,
    lang: course.lang,
    theme: '',
    marker: 0,
    legacyfiles: 0,
    calendartype: '',
    timecreated: course.createdAt,
    timemodified: course.modifiedAt,
    requested: 0,
    cacherev: course.modifiedAt,
    filters,
    courseformatoptions: formatOptions,
  }
}

const formatOptions = [
  { name: 'hiddensections', value: 1 },
  { name: 'coursedisplay', value: 0 },
  { name: 'indentation', value: '1' },
]

const getCourses = defineFunction({
  parameters: z.strictObject({ options: z.strictObject({ ids: list(int).optional() }).optional() }),
  run({ state, caller }, { options }) {
    const ids = options?.ids
    const courses = ids ? ids.flatMap((id) => state.courses.get(id) ?? []) : [...state.courses.values()]
    if (caller === 'plain' && courses[0]) {
      throw courseContextFailure(courses[0].id, 'Course or activity not accessible.')
    }
    return courses.map((course) => ({
      id: course.id,
      shortname: course.shortname,
      categoryid: course.categoryId,
      categorysortorder: sortOrder(course),
      fullname: course.fullname,
      displayname: course.fullname,
      idnumber: course.idnumber,
      summary: course.summary,
      summaryformat: 1,
      format: course.format,
      showgrades: 1,
      newsitems: 1,
      startdate: course.startsAt,
      enddate: course.endsAt,
      numsections: course.sections.length - 1,
      maxbytes: 0,
      showreports: 0,
      visible: course.visible ? 1 : 0,
      hiddensections: 1,
      groupmode: course.groupMode,
      groupmodeforce: 0,
      defaultgroupingid: 0,
      timecreated: course.createdAt,
      timemodified: course.modifiedAt,
      enablecompletion: course.completion ? 1 : 0,
      completionnotify: 0,
      lang: course.lang,
      forcetheme: '',
      courseformatoptions: formatOptions.slice(0, 2),
      showactivitydates: false,
      showcompletionconditions: true,
    }))
  },
})

const courseFields: Record<string, (course: Course, value: string) => boolean> = {
  '': () => true,
  id: (course, value) => course.id === Number(value),
  ids: (course, value) => value.split(',').map(Number).includes(course.id),
  shortname: (course, value) => course.shortname === value,
  idnumber: (course, value) => course.idnumber === value,
  category: (course, value) => course.categoryId === Number(value),
}

const getCoursesByField = defineFunction({
  parameters: z.strictObject({ field: raw.default(''), value: raw.default('') }),
  run(call, { field, value }) {
    const matches = Object.hasOwn(courseFields, field) ? courseFields[field] : undefined
    if (!matches) throw invalidParameter()
    const courses = [...call.state.courses.values()].filter((course) => matches(course, value))
    return { courses: courses.map((course) => fullReply(call, course)), warnings: [] }
  },
})

const searchCourses = defineFunction({
  parameters: z.strictObject({
    criterianame: raw,
    criteriavalue: raw,
    page: int.default(0),
    perpage: int.default(0),
    requiredcapabilities: list(raw).optional(),
    limittoenrolled: flag.optional(),
    onlywithcompletion: flag.optional(),
  }),
  run(call, { criterianame, criteriavalue, page, perpage }) {
    if (criterianame !== 'search') throw invalidParameter()
    const words = criteriavalue.toLowerCase().split(/\s+/)
    const found = [...call.state.courses.values()]
      .filter((course) => course.id !== frontPageId)
      .filter((course) => {
        const shown =
          `${course.fullname} ${course.shortname} ${course.idnumber} ${course.summary}`.toLowerCase()
        return words.every((word) => shown.includes(word))
      })
      .reverse()
    const first = page * perpage
    const courses = perpage > 0 ? found.slice(first, first + perpage) : found
    return { total: found.length, courses: courses.map((course) => briefReply(call, course)), warnings: [] }
  },
})

const getContents = defineFunction({
  parameters: z.strictObject({ courseid: int, options: namedOptions }),
  run(call, { courseid }) {
    if (!call.state.courses.has(courseid)) throw missingRecord('course')
    const course = courseInContext(call, courseid)
    return course.sections.map((section, index) => ({
      id: course.id * 1000 + index,
      name: section.name,
      visible: 1,
      summary: '',
      summaryformat: 1,
      section: index,
      hiddenbynumsections: 0,
      uservisible: true,
      modules: section.activities.map((name, position) => ({
        id: course.id * 1_000_000 + index * 1000 + position,
        url: `${call.url}/course/view.php?id=${course.id}`,
        name,
        modname: 'page',
        modplural: 'Pages',
        visible: 1,
        uservisible: true,
      })),
    }))
  },
})

const shortnameTaken = (name: string) =>
  new Failure('moodle', 'shortnametaken', `Short name is already used for another course (${name})`)
const idnumberTaken = (idnumber: string) =>
  new Failure('moodle', 'courseidnumbertaken', `ID number is already used for another course (${idnumber})`)

const settings = {
  idnumber: raw.optional(),
  summary: raw.optional(),
  summaryformat: int.optional(),
  format: raw.optional(),
  showgrades: int.optional(),
  newsitems: int.optional(),
  startdate: int.optional(),
  enddate: int.optional(),
  numsections: int.optional(),
  maxbytes: int.optional(),
  showreports: int.optional(),
  visible: int.optional(),
  hiddensections: int.optional(),
  groupmode: int.optional(),
  groupmodeforce: int.optional(),
  defaultgroupingid: int.optional(),
  enablecompletion: int.optional(),
  completionnotify: int.optional(),
  lang: raw.optional(),
  forcetheme: raw.optional(),
  courseformatoptions: namedOptions,
  customfields: list(z.strictObject({ shortname: raw, value: raw })).optional(),
}

const createCourses = defineFunction({
  parameters: z.strictObject({
    courses: list(z.strictObject({ ...settings, fullname: text, shortname: text, categoryid: int })),
  }),
  writes: true,
  run({ state, caller, now }, { courses }) {
    const shortnames = new Set<string>()
    const idnumbers = new Set<string>()
    for (const course of courses) {
      if (!state.categories.has(course.categoryid)) {
        throw new Failure(
          'moodle',
          'errorcatcontextnotvalid',
          `You cannot execute functions in the category context (category id:${course.categoryid}). The context error message was: Invalid parameter value detected`,
        )
      }
      if (caller === 'plain') throw loginRequired()
      const { shortname, idnumber, startdate = 0, enddate = 0 } = course
      if (shortnames.has(shortname) || findCourse(state, (other) => other.shortname === shortname))
        throw shortnameTaken(shortname)
      if (idnumber && (idnumbers.has(idnumber) || findCourse(state, (other) => other.idnumber === idnumber)))
        throw idnumberTaken(idnumber)
      if (enddate > 0 && enddate < startdate) {
        throw new Failure(
          'moodle',
          'enddatebeforestartdate',
          'The course end date must be after the start date.',
        )
      }
      shortnames.add(shortname)
      if (idnumber) idnumbers.add(idnumber)
    }
    return courses.map((course) => {
      const added = addCourse(state, {
        shortname: course.shortname,
        fullname: course.fullname,
        idnumber: course.idnumber ?? '',
        summary: course.summary ?? '',
        categoryId: course.categoryid,
        visible: course.visible !== 0,
        format: course.format ?? 'topics',
        lang: course.lang ?? '',
        startsAt: course.startdate ?? now,
        endsAt: course.enddate ?? 0,
        groupMode: course.groupmode ?? 0,
        completion: course.enablecompletion !== 0,
        manual: 'enabled',
        sections: Array.from({ length: (course.numsections ?? 4) + 1 }, (_, index) => ({
          name: index === 0 ? 'General' : 'New section',
          activities: [],
        })),
        createdAt: now,
        modifiedAt: now,
      })
      return { id: added.id, shortname: added.shortname }
    })
  },
})

const courseChange = z.strictObject({
  ...settings,
  id: int,
  fullname: text.optional(),
  shortname: text.optional(),
  categoryid: int.optional(),
})

function changeCourse({ state, now }: Call, course: Course, change: z.output<typeof courseChange>): void {
  const { shortname, idnumber } = change
  if (shortname && findCourse(state, (other) => other.shortname === shortname && other !== course))
    throw shortnameTaken(shortname)
  if (idnumber && findCourse(state, (other) => other.idnumber === idnumber && other !== course))
    throw idnumberTaken(idnumber)
  if (change.categoryid !== undefined && !state.categories.has(change.categoryid))
    throw missingRecord('course_categories')
  const { startdate = course.startsAt, enddate = course.endsAt } = change
  if (enddate > 0 && enddate < startdate) {
    throw new Failure('moodle', 'enddatebeforestartdate', 'The course end date must be after the start date.')
  }
  course.shortname = shortname ?? course.shortname
  course.fullname = change.fullname ?? course.fullname
  course.idnumber = idnumber ?? course.idnumber
  course.summary = change.summary ?? course.summary
  course.categoryId = change.categoryid ?? course.categoryId
  course.format = change.format ?? course.format
  course.lang = change.lang ?? course.lang
  course.startsAt = startdate
  course.endsAt = enddate
  course.groupMode = change.groupmode ?? course.groupMode
  if (change.visible !== undefined) course.visible = change.visible !== 0
  if (change.enablecompletion !== undefined) course.completion = change.enablecompletion !== 0
  course.modifiedAt = now
}

const updateCourses = defineFunction({
  parameters: z.strictObject({ courses: list(courseChange) }),
  writes: true,
  run(call, { courses }) {
    const warnings: object[] = []
    for (const change of courses) {
      try {
        const course = call.state.courses.get(change.id)
        if (!course) throw missingRecord('course')
        if (call.caller === 'plain') throw loginRequired()
        changeCourse(call, course, change)
      } catch (fault) {
        if (!(fault instanceof Failure)) throw fault
        warnings.push({
          item: 'course',
          itemid: change.id,
          warningcode: fault.errorcode,
          message: fault.message,
        })
      }
    }
    return { warnings }
  },
})

/** Takes the course away with all that hangs on it. */
export function removeCourse(state: State, id: number): void {
  state.courses.delete(id)
  state.enrolments.delete(id)
  state.roles.delete(`course:${id}`)
  for (const group of state.groups.values()) if (group.courseId === id) state.groups.delete(group.id)
  for (const quiz of state.quizzes.values()) {
    if (quiz.courseId !== id) continue
    state.quizzes.delete(quiz.id)
    for (const override of state.overrides.values()) {
      if (override.quizId === quiz.id) state.overrides.delete(override.id)
    }
  }
}

const deleteCourses = defineFunction({
  parameters: z.strictObject({ courseids: list(int) }),
  writes: true,
  run({ state, caller }, { courseids }) {
    const warnings: object[] = []
    for (const id of courseids) {
      if (!state.courses.has(id) || id === frontPageId || caller === 'plain') {
        const [warningcode, message] = !state.courses.has(id)
          ? ['unknowncourseidnumber', `Unknown course ID ${id}`]
          : ['cannotdeletecourse', 'You do not have the permission to delete this course']
        warnings.push({ item: 'course', itemid: id, warningcode, message })
      } else removeCourse(state, id)
    }
    return { warnings }
  },
})

const copyOptions = new Set([
  'activities',
  'blocks',
  'filters',
  'users',
  'enrolments',
  'role_assignments',
  'comments',
  'userscompletion',
  'logs',
  'grade_histories',
])

const duplicateCourse = defineFunction({
  parameters: z.strictObject({
    courseid: int,
    fullname: text,
    shortname: text,
    categoryid: int,
    visible: int.default(1),
    options: namedOptions,
  }),
  writes: true,
  run({ state, caller, now }, { courseid, fullname, shortname, categoryid, visible, options = [] }) {
    const source = state.courses.get(courseid)
    if (!source) {
      throw new Failure('moodle', 'invalidcourseid', 'You are trying to use an invalid course ID')
    }
    if (!state.categories.has(categoryid)) throw missingRecord('course_categories')
    if (caller === 'plain') throw loginRequired()
    const wrong = options.find(({ name, value }) => !copyOptions.has(name) || !/^[01]$/.test(value))
    if (wrong) {
      throw new Failure('moodle', 'invalidextparam', `Invalid external api parameter: ${wrong.name}`)
    }
    const taken = findCourse(state, (course) => course.shortname === shortname)
    if (taken) throw shortnameTaken(taken.fullname)
    const copy = addCourse(state, {
      ...source,
      shortname,
      fullname,
      categoryId: categoryid,
      idnumber: '',
      visible: visible !== 0,
      manual: 'enabled',
      sections: structuredClone(source.sections),
      createdAt: now,
      modifiedAt: now,
    })
    for (const quiz of [...state.quizzes.values()].filter((other) => other.courseId === courseid)) {
      const id = Math.max(0, ...state.quizzes.keys()) + 1
      state.quizzes.set(id, { ...quiz, id, courseId: copy.id })
    }
    for (const group of [...state.groups.values()].filter((other) => other.courseId === courseid)) {
      const id = nextId(state, 'group')
      state.groups.set(id, { ...group, id, courseId: copy.id, idnumber: '', members: new Set() })
    }
    return { id: copy.id, shortname }
  },
})

export const courseFunctions = {
  core_course_get_courses: getCourses,
  core_course_get_courses_by_field: getCoursesByField,
  core_course_search_courses: searchCourses,
  core_course_get_contents: getContents,
  core_course_create_courses: createCourses,
  core_course_update_courses: updateCourses,
  core_course_delete_courses: deleteCourses,
  core_course_duplicate_course: duplicateCourse,
}
