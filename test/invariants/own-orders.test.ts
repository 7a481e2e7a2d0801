import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findCart, openCart, saveCart } from '../../shop/cart.ts'
import {
  actOnCustomerProduct,
  findAskedAction,
  findCustomerProduct,
  listCustomerOrders,
  listCustomerProducts,
} from '../../shop/customer-product.ts'
import { actOnProduct } from '../../shop/product.ts'
import { findOrder, findOwnOrder } from '../../shop/view-order.ts'
import { buyer, testShop } from '../shop.ts'

describe('a customer sees their own orders only (invariant 8)', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: null })

  it('shows an order to whoever has its token, and to nobody else', async () => {
    const mine = await shop.placed(code, [{}])
    const theirs = await shop.placed(code, [{}])
    assert.equal((await findOwnOrder(db, mine.number, mine.token))?.number, mine.number)
    const { token } = mine
    for (const wrong of [
      '',
      theirs.token,
      token.slice(0, -1),
      token.slice(0, 1),
      `${token}x`,
      ` ${token}`,
      token.toLowerCase(),
      '%',
      `${'é'.repeat(token.length / 2)}`,
    ]) {
      if (wrong === token) continue
      assert.equal(await findOwnOrder(db, mine.number, wrong), undefined, JSON.stringify(wrong))
    }
    assert.equal(await findOwnOrder(db, '2611-0000-0000', token), undefined)
    assert.equal(await findOwnOrder(db, theirs.number, token), undefined)
  })

  it('gives every order a token of 128 random bits', async () => {
    const tokens = new Set<string>()
    for (let n = 0; n < 20; n++) tokens.add((await shop.placed(code, [{}])).token)
    assert.equal(tokens.size, 20)
    for (const token of tokens) assert.equal(Buffer.from(token, 'base64url').length, 16)
  })

  it('gives every cart one too, and keeps only its hash', async () => {
    const { token, id } = await openCart(db, { lines: [] })
    assert.equal(Buffer.from(token, 'base64url').length, 16)
    const row = await db.selectFrom('carts').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    assert.ok(!JSON.stringify(row).includes(token))
    assert.ok(!row.token_hash.toString('utf8').includes(token))
    assert.equal((await findCart(db, token))?.id, id)
    assert.equal(await findCart(db, id), undefined)
    assert.equal(await findCart(db, `${token}x`), undefined)
  })

  it('shows a signed-in customer what they bought or hold, and lets the buyer alone act on it', async () => {
    const course = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
    const holder = { email: 'Holder@learners.example', firstname: 'Hol', lastname: 'Der' }
    const { number } = await shop.placed(course, [holder])
    await shop.pay(number)
    await shop.takeOver()
    const reference = (await findOrder(db, number))?.products[0]?.reference ?? ''
    const give = (email: string) =>
      actOnCustomerProduct(shop.shop, shop.engine, email, {
        reference,
        action: 'handOver',
        values: { email: 'eve@learners.example', firstname: 'Eve', lastname: 'Petit' },
      })
    assert.equal((await findCustomerProduct(db, buyer.email, reference))?.orderNumber, number)
    const held = await findCustomerProduct(db, 'holder@learners.example', reference)
    assert.equal(held?.reference, reference)
    assert.equal(held?.orderToken, undefined, 'the key of the order is its buyer’s')
    for (const stranger of ['', '%', 'stranger@learners.example', 'older@learners.example']) {
      assert.equal(await findCustomerProduct(db, stranger, reference), undefined, stranger)
      assert.deepEqual(await give(stranger), { ok: false, reason: 'not_found' }, stranger)
      for (const list of ['mine', 'others', 'ended'] as const) {
        const { products } = await listCustomerProducts(shop.shop, stranger, { list })
        assert.deepEqual(products, [], stranger)
      }
      assert.deepEqual((await listCustomerOrders(db, stranger)).orders, [], stranger)
    }
    assert.deepEqual(await give('holder@learners.example'), { ok: false, reason: 'not_now' })
    assert.equal((await give(buyer.email)).ok, true)
    assert.equal(await findCustomerProduct(db, 'holder@learners.example', reference), undefined)
  })

  it('tells what became of an action to the buyer who asked for it, and to nobody else', async () => {
    const course = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
    const { number } = await shop.placed(course, [
      { email: 'first@learners.example', firstname: 'Fi', lastname: 'Rst' },
    ])
    await shop.pay(number)
    await shop.takeOver()
    const reference = (await findOrder(db, number))?.products[0]?.reference ?? ''
    const values = { email: 'next@learners.example', firstname: 'Ne', lastname: 'Xt' }
    const acted = await actOnCustomerProduct(shop.shop, shop.engine, buyer.email, {
      reference,
      action: 'handOver',
      values,
    })
    const olga = { who: 'operator:olga', audience: 'operator' } as const
    const office = await actOnProduct(shop.shop, shop.engine, reference, 'suspend', {}, olga)
    assert.ok(acted.ok && office.ok)
    const seenBy = async (email: string, production: number) => {
      const product = await findCustomerProduct(db, email, reference)
      assert.ok(product, email)
      return (await findAskedAction(db, product, production))?.state
    }
    assert.equal(await seenBy(buyer.email, acted.production), 'done')
    assert.equal(await seenBy(values.email, acted.production), undefined, 'its holder guessed the number')
    assert.equal(await seenBy(buyer.email, office.production), undefined, 'an operator asked')
  })

  it('loses nothing when two tabs save a cart at the same moment', async () => {
    const { token } = await openCart(db, { lines: [] })
    const cart = await findCart(db, token)
    assert.ok(cart)
    const saved = await Promise.all([saveCart(db, cart), saveCart(db, { ...cart, content: { lines: [] } })])
    assert.equal(saved.filter((one) => one === undefined).length, 1)
  })
})
