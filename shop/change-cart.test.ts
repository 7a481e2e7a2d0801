import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testDatabase } from '../test/database.ts'
import { emptyCart, findCart, findCartWithEntries, openCart, setQuantity } from './cart.ts'
import { changeCart } from './change-cart.ts'

describe('changing a cart', async () => {
  const { db } = await testDatabase()

  it('loses nothing when several tabs change it at the same time', async () => {
    const { token } = await openCart(db, emptyCart())
    const codes = Array.from({ length: 8 }, (_, index) => `TAB-${index}`)
    await Promise.all(
      codes.map((code) => changeCart(db, token, (content) => setQuantity(content, code, 2, 10))),
    )
    const cart = await findCart(db, token)
    assert.deepEqual(cart?.content.lines.map((line) => line.code).sort(), codes)
  })

  it('gives back what it saved, ready to be changed again', async () => {
    const { token } = await openCart(db, emptyCart())
    const first = await changeCart(db, token, (content) => setQuantity(content, 'A-1', 1, 10))
    const found = await findCartWithEntries(db, token)
    assert.deepEqual(first, found)
  })

  it('says when there is no cart any more', async () => {
    assert.equal(await changeCart(db, 'gone', (content) => content), undefined)
  })
})
