import { z } from 'zod'
import { defineFunction } from './define-function.ts'
import { Failure, invalidParameter, loginRequired } from './failure.ts'
import { int, list, raw } from './parameters.ts'
import { nextId, type Override, type Quiz, type State } from './state.ts'
import { findUser } from './users.ts'

const getQuizzes = defineFunction({
  parameters: z.strictObject({ courseids: list(int).default([]) }),
  run({ state }, { courseids }) {
    const quizzes = [...state.quizzes.values()].filter((quiz) => courseids.includes(quiz.courseId))
    return {
      quizzes: quizzes.map((quiz) => ({
        id: quiz.id,
        coursemodule: 1000 + quiz.id,
        course: quiz.courseId,
        name: quiz.name,
        intro: '',
        introformat: 1,
        introfiles: [],
        section: 1,
        visible: true,
        groupmode: 0,
        groupingid: 0,
        lang: '',
        timeopen: 0,
        timeclose: 0,
        timelimit: quiz.timeLimit,
        attempts: quiz.attempts,
        grademethod: 1,
        grade: 10,
      })),
      warnings: courseids
        .filter((id) => !state.courses.has(id))
        .map((id) => ({
          item: 'course',
          itemid: id,
          warningcode: '1',
          message: 'No access rights in course context',
        })),
    }
  },
})

function quizById(state: State, id: number): Quiz {
  const quiz = state.quizzes.get(id)
  if (!quiz) {
    const message = "Can't find data record in database."
    throw new Failure('missingRecord', 'invalidrecordunknown', message)
  }
  return quiz
}

const overridesOf = (state: State, quizId: number) =>
  [...state.overrides.values()].filter((override) => override.quizId === quizId)

const getOverrides = defineFunction({
  parameters: z.strictObject({ quizid: int }),
  run({ state, caller }, { quizid }) {
    const quiz = quizById(state, quizid)
    if (caller === 'plain') throw loginRequired()
    return {
      overrides: overridesOf(state, quiz.id).map(
        ({ id, userId, groupId, timeopen, timeclose, timelimit, attempts, password }) => ({
          id,
          quiz: quiz.id,
          userid: userId,
          groupid: groupId,
          timeopen,
          timeclose,
          timelimit,
          attempts,
          password,
        }),
      ),
    }
  },
})

const override = z.strictObject({
  id: int.optional(),
  userid: int.optional(),
  groupid: int.optional(),
  timeopen: int.optional(),
  timeclose: int.optional(),
  timelimit: int.optional(),
  attempts: int.optional(),
  password: raw.optional(),
})

/** The override to store: what equals the quiz's own setting is no override, and one that changes nothing is refused. */
function checkedOverride(state: State, quiz: Quiz, given: z.output<typeof override>): Omit<Override, 'id'> {
  const { userid, groupid } = given
  const former = given.id === undefined ? undefined : state.overrides.get(given.id)
  if (given.id !== undefined && former?.quizId !== quiz.id) throw invalidParameter()
  if ((userid === undefined) === (groupid === undefined)) throw invalidParameter()
  if (userid !== undefined && !findUser(state, userid)) throw invalidParameter()
  if (groupid !== undefined && state.groups.get(groupid)?.courseId !== quiz.courseId) throw invalidParameter()
  const other = overridesOf(state, quiz.id).find(
    ({ id, userId, groupId }) =>
      id !== given.id && userId === (userid ?? null) && groupId === (groupid ?? null),
  )
  if (other) throw invalidParameter()
  const differing = (value: number | undefined, own: number) => (value === own ? null : (value ?? null))
  const checked = {
    quizId: quiz.id,
    userId: userid ?? null,
    groupId: groupid ?? null,
    timeopen: differing(given.timeopen, 0),
    timeclose: differing(given.timeclose, 0),
    timelimit: differing(given.timelimit, quiz.timeLimit),
    attempts: differing(given.attempts, quiz.attempts),
    password: given.password || null,
  }
  const { timeopen, timeclose, timelimit, attempts, password } = checked
  if ([timeopen, timeclose, timelimit, attempts, password].every((value) => value === null))
    throw invalidParameter()
  return checked
}

const saveOverrides = defineFunction({
  parameters: z.strictObject({ data: z.strictObject({ quizid: int, overrides: list(override) }) }),
  writes: true,
  run({ state, caller }, { data }) {
    const quiz = quizById(state, data.quizid)
    if (caller === 'plain') throw loginRequired()
    const people = new Set(data.overrides.map(({ userid, groupid }) => `${userid}/${groupid}`))
    if (people.size < data.overrides.length) throw invalidParameter()
    const checked = data.overrides.map((given) => ({
      id: given.id,
      fields: checkedOverride(state, quiz, given),
    }))
    const ids = checked.map(({ id = nextId(state, 'override'), fields }) => {
      state.overrides.set(id, { id, ...fields })
      return id
    })
    return { ids }
  },
})

const deleteOverrides = defineFunction({
  parameters: z.strictObject({ data: z.strictObject({ quizid: int, ids: list(int) }) }),
  writes: true,
  run({ state, caller }, { data }) {
    const quiz = quizById(state, data.quizid)
    if (caller === 'plain') throw loginRequired()
    if (data.ids.some((id) => state.overrides.get(id)?.quizId !== quiz.id)) throw invalidParameter()
    for (const id of data.ids) state.overrides.delete(id)
    return { ids: data.ids }
  },
})

export const quizFunctions = { mod_quiz_get_quizzes_by_courses: getQuizzes }

/** Moodle has them from 4.5 on. */
export const quizFunctionsFrom45 = {
  mod_quiz_get_overrides: getOverrides,
  mod_quiz_save_overrides: saveOverrides,
  mod_quiz_delete_overrides: deleteOverrides,
}
