import { type Moodle, MoodleError, z } from 'boutique/sdk'

/** A quiz. `page`: the number in its address, by which people know it. `attempts` 0: as many as one likes. */
export type Quiz = { id: number; page: number; name: string; attempts: number }

const quizzes = z.object({
  quizzes: z.array(
    z.object({ id: z.int(), coursemodule: z.int(), name: z.string(), attempts: z.int().optional() }),
  ),
})

/** The quizzes of a course. Those whose settings our token may not see are left out. */
export async function quizzesOf(moodle: Moodle, course: number): Promise<Quiz[]> {
  const found = await moodle.call('mod_quiz_get_quizzes_by_courses', { courseids: [course] }, quizzes)
  return found.quizzes.flatMap(({ id, coursemodule, name, attempts }) =>
    attempts === undefined ? [] : [{ id, page: coursemodule, name, attempts }],
  )
}

const setting = z.union([z.int(), z.string()]).nullish()
const overrides = z.object({
  overrides: z.array(
    z.object({
      id: z.int(),
      userid: z.int().nullish(),
      attempts: z.int().nullish(),
      timeopen: setting,
      timeclose: setting,
      timelimit: setting,
      password: setting,
    }),
  ),
})

async function findOverride(moodle: Moodle, quiz: number, user: number) {
  const found = await moodle.call('mod_quiz_get_overrides', { quizid: quiz }, overrides)
  return found.overrides.find(({ userid }) => userid === user)
}

/** How many attempts this person has at the quiz: never fewer than everyone. 0: as many as they like. */
export async function attemptsOf(
  moodle: Moodle,
  quiz: Pick<Quiz, 'id' | 'attempts'>,
  user: number,
): Promise<number> {
  const own = (await findOverride(moodle, quiz.id, user))?.attempts ?? quiz.attempts
  return own === 0 ? 0 : Math.max(own, quiz.attempts)
}

/**
 * Gives this person so many attempts in all; what else is set for them stays. As many as everyone has: what was set is
 * taken away, since Moodle refuses to set that.
 */
export async function setAttempts(
  moodle: Moodle,
  quiz: Pick<Quiz, 'id' | 'attempts'>,
  user: number,
  attempts: number,
): Promise<void> {
  const saved = z.object({ ids: z.array(z.int()) })
  const write = async () => {
    const override = await findOverride(moodle, quiz.id, user)
    const { id, userid: _user, attempts: _attempts, ...others } = override ?? {}
    const kept = Object.entries(others).filter(([, value]) => value !== null && value !== undefined)
    const more = attempts > quiz.attempts
    if (more || kept.length > 0) {
      const one = { id, userid: user, ...Object.fromEntries(kept), ...(more && { attempts }) }
      const data = { quizid: quiz.id, overrides: [one] }
      await moodle.call('mod_quiz_save_overrides', { data }, saved)
    } else if (id !== undefined) {
      await moodle.call('mod_quiz_delete_overrides', { data: { quizid: quiz.id, ids: [id] } }, saved)
    }
  }
  try {
    await write()
  } catch (error) {
    if (!(error instanceof MoodleError) || error.kind !== 'request') throw error
    // An override is made once and then changed by its id: another worker may have been quicker.
    await write()
  }
}
