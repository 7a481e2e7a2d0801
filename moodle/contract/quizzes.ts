import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { z } from 'zod'
import { ask, ids, nobody, offers, refusal, type Sites, send } from './contract-site.ts'

export function quizzes(sites: Sites): void {
  /** No web service makes a quiz: the first of a course that the site already has. */
  async function anyQuiz(t: TestContext): Promise<{ id: number; attempts: number } | undefined> {
    const site = sites.get()
    const names = ['mod_quiz_get_overrides', 'mod_quiz_save_overrides', 'mod_quiz_delete_overrides']
    if (!offers(t, site, 'mod_quiz_get_quizzes_by_courses', 'core_course_get_courses', ...names))
      return undefined
    const courseids = (await ask(site, 'core_course_get_courses', {}, ids)).map(({ id }) => id).slice(0, 500)
    const shown = z.object({ quizzes: z.array(z.object({ id: z.int(), attempts: z.int().optional() })) })
    const found = await ask(site, 'mod_quiz_get_quizzes_by_courses', { courseids }, shown)
    for (const { id, attempts } of found.quizzes) {
      const read = await send(site, 'mod_quiz_get_overrides', { quizid: id })
      const readable = z.object({ overrides: z.array(z.unknown()) }).safeParse(read).success
      if (readable && attempts !== undefined) return { id, attempts }
    }
    t.skip('the site has no quiz whose overrides the token may change')
    return undefined
  }

  it('gives a learner more attempts, changed by id only, and takes them back', async (t) => {
    const quiz = await anyQuiz(t)
    if (!quiz) return
    const site = sites.get()
    const userid = site.learners[0].id
    const saved = z.object({ ids: z.array(z.int()) })
    const data = (fields: Record<string, number>) => ({
      data: { quizid: quiz.id, overrides: [{ userid, ...fields }] },
    })
    const save = 'mod_quiz_save_overrides'
    const made = await ask(site, save, data({ attempts: quiz.attempts + 2 }), saved)
    const id = made.ids[0] ?? 0
    assert.equal(await refusal(site, save, data({ attempts: quiz.attempts + 3 })), 'invalidparameter')
    assert.deepEqual(await ask(site, save, data({ id, attempts: quiz.attempts + 3 }), saved), { ids: [id] })
    assert.equal(await refusal(site, save, data({ id, attempts: quiz.attempts })), 'invalidparameter')
    const shown = z.object({
      overrides: z.array(z.object({ id: z.int(), userid: z.int().nullable(), attempts: z.int().nullable() })),
    })
    const { overrides } = await ask(site, 'mod_quiz_get_overrides', { quizid: quiz.id }, shown)
    assert.deepEqual(
      overrides.find((override) => override.id === id),
      { id, userid, attempts: quiz.attempts + 3 },
    )
    const remove = { data: { quizid: quiz.id, ids: [id] } }
    assert.deepEqual(await ask(site, 'mod_quiz_delete_overrides', remove, saved), { ids: [id] })
    assert.equal(await refusal(site, 'mod_quiz_delete_overrides', remove), 'invalidparameter')
    const lost = { data: { quizid: nobody, overrides: [{ userid, attempts: 3 }] } }
    assert.equal(await refusal(site, save, lost), 'invalidrecordunknown')
  })
}
