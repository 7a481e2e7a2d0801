import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkInternal } from '../../shop/check-entry.ts'
import { testShop } from '../../test/shop.ts'

const shop = await testShop()
const { state } = shop.sandbox.site
const internal = { course: 4, quizzes: [1003], attempts: 2 }
const code = await shop.sell({ handler: 'std_addquizattempts', internal })

const amine = { email: 'amine.benali@atelier.example', firstname: 'Amine', lastname: 'Benali' }
const attempts = () => [...state.overrides.values()].map(({ userId, attempts }) => ({ userId, attempts }))

const check = async () =>
  (await checkInternal(shop.shop, { code, handler: 'std_addquizattempts', internal })).findings

describe('attempts at quizzes', () => {
  it('add up when two units give them to one learner at the same time', async () => {
    const { number } = await shop.placed(code, [amine, amine])
    await shop.pay(number)
    // Both would read what there is before either has written.
    await shop.site.ensureAccount(amine)
    await shop.faults({
      fault: 'slow',
      function: 'mod_quiz_save_overrides',
      milliseconds: 200,
      times: 1,
    })
    await shop.takeOver(9)
    assert.deepEqual(await shop.unitStates(number), ['produced', 'produced'])
    assert.deepEqual(attempts(), [{ userId: 7, attempts: 6 }])
  })

  it('come on top of what a teacher gave, and leave the other settings', async () => {
    state.overrides.clear()
    const none = { groupId: null, timeopen: null, timeclose: null, password: null }
    state.overrides.set(90, { ...none, id: 90, quizId: 3, userId: 7, timelimit: 3600, attempts: 5 })
    const { number } = await shop.placed(code, [amine])
    await shop.pay(number)
    await shop.takeOver(3)
    assert.deepEqual(
      [...state.overrides.values()],
      [{ ...none, id: 90, quizId: 3, userId: 7, timelimit: 3600, attempts: 7 }],
    )
  })
})

describe('the check', () => {
  it('finds nothing wrong on a site that can give attempts', async () => {
    assert.deepEqual(await check(), [])
  })

  it('says which quizzes there are when one is not', async () => {
    const { findings } = await checkInternal(shop.shop, {
      code,
      handler: 'std_addquizattempts',
      internal: { ...internal, quizzes: [3] },
    })
    assert.match(findings[0]?.text.en ?? '', /no quiz 3 .*1003 \(Vérifiez vos acquis\), 1004/)
  })

  it('says plainly that a site of 4.1 can’t give attempts', async () => {
    state.release = '4.1'
    try {
      const texts = (await check()).map(({ text }) => text.en)
      assert.ok(
        texts.some((text) => /can’t give attempts.*4\.5.*4\.1\.10/.test(text)),
        texts.join('\n'),
      )
    } finally {
      state.release = '4.5'
    }
  })
})
