import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testDatabase } from '../test/database.ts'
import { undone } from './undone.ts'

describe('work that is undone', async () => {
  const { db } = await testDatabase()
  const write = (on: typeof db, key: string) =>
    on.insertInto('settings').values({ key, value: '1' }).execute()
  const keys = async (on: typeof db) =>
    (await on.selectFrom('settings').select('key').orderBy('key').execute()).map(({ key }) => key)

  it('sees what it wrote, and leaves nothing', async () => {
    const seen = await undone(db, async (trial) => {
      await write(trial, 'a')
      await trial.transaction().execute((trx) => write(trx, 'b'))
      assert.deepEqual(await keys(db), [])
      return await keys(trial)
    })
    assert.deepEqual([seen, await keys(db)], [['a', 'b'], []])
  })

  it('has transactions that fail alone, side by side', async () => {
    const seen = await undone(db, async (trial) => {
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c'].map((key) =>
          trial.transaction().execute(async (trx) => {
            await write(trx, key)
            if (key === 'b') throw new Error('no')
          }),
        ),
      )
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      return await keys(trial)
    })
    assert.deepEqual(seen, ['a', 'c'])
  })

  it('is undone too when it fails', async () => {
    const failing = undone(db, async (trial) => {
      await write(trial, 'a')
      throw new Error('the work failed')
    })
    await assert.rejects(failing, /the work failed/)
    assert.deepEqual(await keys(db), [])
  })

  it('does not wait long for rows that somebody else holds', async () => {
    await write(db, 'held')
    const held = await db.startTransaction().execute()
    await held.deleteFrom('settings').execute()
    const waiting = undone(db, (trial) => trial.deleteFrom('settings').execute())
    await assert.rejects(waiting, /lock timeout/)
    await held.commit().execute()
  })
})
