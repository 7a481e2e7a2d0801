import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { elementsOf, parseElements } from '../sdk/form.ts'
import { buyer, testShop } from '../test/shop.ts'
import {
  checkUnit,
  countUnits,
  emptyCart,
  findCart,
  openCart,
  pruneCarts,
  removeUnit,
  sameForAll,
  saveCart,
  setQuantity,
  viewCart,
} from './cart.ts'
import { unitForms } from './entry.ts'

describe('a cart', async () => {
  const shop = await testShop()
  const { db } = shop
  const size = {
    name: 'size',
    type: 'text',
    label: { en: 'Size', fr: 'Taille' },
    required: true,
    sameForAll: true,
  }
  const code = await shop.sell({
    handler: 'std_enroloncourse',
    internal: { course: 2 },
    priceCents: 1_999,
    fields: [size],
    maxQuantity: 4,
  })
  const learner = { email: 'a@learners.example', firstname: 'A', lastname: 'B' }

  it('keeps what was typed when units are added and taken away', () => {
    const three = setQuantity(emptyCart(), code, 3, 4)
    const [line] = three.lines
    assert.ok(line?.units[0] && line.units[1])
    line.units[0].external = learner
    line.units[1].external = { email: 'half' }
    const more = setQuantity(three, code, 9, 4).lines[0]?.units
    assert.equal(more?.length, 4)
    assert.deepEqual(more.slice(0, 3), line.units)
    const fewer = setQuantity(three, code, 2, 4).lines[0]?.units
    assert.deepEqual(fewer, line.units.slice(0, 2))
    const without = removeUnit(three, line.units[0].key)
    assert.deepEqual(without.lines[0]?.units, line.units.slice(1))
    assert.deepEqual(removeUnit(three, 'no-such-key'), three)
    assert.deepEqual(setQuantity(three, code, 0, 4).lines, [])
    assert.equal(new Set(more.map(({ key }) => key)).size, 4)
  })

  it('does not grow beyond what one order can have, and shrinks as it is told', () => {
    const full = setQuantity(setQuantity(emptyCart(), 'ONE', 400, 500), 'TWO', 400, 500)
    assert.deepEqual(
      full.lines.map(({ units }) => units.length),
      [400, 100],
    )
    assert.equal(countUnits(setQuantity(full, 'THREE', 1, 500)), 500)
    assert.equal(countUnits(setQuantity(full, 'ONE', 401, 500)), 500)
    assert.equal(countUnits(setQuantity(full, 'ONE', 10, 500)), 110)
  })

  it('gives the first unit’s answers to all units, of those fields only where that makes sense', () => {
    const content = setQuantity(emptyCart(), code, 3, 4)
    const [first] = content.lines[0]?.units ?? []
    assert.ok(first)
    Object.assign(first, { external: learner, fields: { size: 'M' } })
    const parsed = parseElements([size])
    assert.ok(parsed.ok)
    const shared = sameForAll(content, code, { external: [], fields: parsed.elements }).lines[0]?.units
    assert.deepEqual(
      shared?.map(({ fields }) => fields),
      [{ size: 'M' }, { size: 'M' }, { size: 'M' }],
    )
    assert.deepEqual(shared[1]?.external, {}, 'each unit has a learner of its own')
  })

  it('is seen with today’s prices, forms and errors, and rounds the VAT once a line', async () => {
    const content = setQuantity(emptyCart(), code, 3, 4)
    const [one, two] = content.lines[0]?.units ?? []
    Object.assign(one ?? {}, { external: learner, fields: { size: 'M' } })
    Object.assign(two ?? {}, { forMe: true, external: { email: 'ignored' }, fields: { size: 'L' } })
    const viewed = await viewCart(shop.shop, content)
    assert.equal(viewed.totalCents, 5_997)
    assert.equal(viewed.vatCents, 1_000)
    assert.equal(viewed.units, 3)
    assert.equal(viewed.complete, false)
    const [line] = viewed.lines
    assert.deepEqual(line?.units[0]?.errors, { external: {}, fields: {} })
    assert.deepEqual(
      line.units[1]?.errors,
      { external: {}, fields: {} },
      'the buyer is asked at the checkout',
    )
    assert.deepEqual(Object.keys(line.units[2]?.errors.external ?? {}), ['email', 'firstname', 'lastname'])
    assert.deepEqual(Object.keys(line.units[2]?.errors.fields ?? {}), ['size'])
    assert.equal(line.most, 4)
    const without = removeUnit(content, content.lines[0]?.units[2]?.key ?? '')
    assert.equal((await viewCart(shop.shop, without, buyer)).complete, true)
    assert.equal((await viewCart(shop.shop, without, { email: 'no-address' })).complete, false)
  })

  it('is not complete with more units than an entry allows, or with two lines of one entry', async () => {
    const unit = (key: string) => ({ key, forMe: true, external: {}, fields: { size: 'M' } })
    const line = (...keys: string[]) => ({ code, units: keys.map(unit) })
    const complete = async (...lines: ReturnType<typeof line>[]) =>
      (await viewCart(shop.shop, { lines }, buyer)).complete
    assert.equal(await complete(line('a', 'b', 'c', 'd')), true)
    assert.equal(await complete(line('a', 'b', 'c', 'd', 'e')), false)
    assert.equal(await complete(line('a', 'b'), line('c')), false)
  })

  it('names what is gone', async () => {
    const content = { lines: [{ code: 'GONE', units: [] }, ...setQuantity(emptyCart(), code, 1, 4).lines] }
    const viewed = await viewCart(shop.shop, content)
    assert.deepEqual(viewed.gone, ['GONE'])
    assert.equal(viewed.lines.length, 1)
    assert.equal(viewed.complete, false)
  })

  it('takes the buyer’s identity for a unit “for me”, and nothing else of the buyer', async () => {
    const [entry] = (await viewCart(shop.shop, setQuantity(emptyCart(), code, 1, 4))).lines
    assert.ok(entry)
    const forms = unitForms(shop.shop, entry.entry)
    const unit = { forMe: true, external: { email: 'x' }, fields: { size: 'S' } }
    assert.deepEqual(checkUnit(forms, unit, buyer).value, {
      external: { email: buyer.email, firstname: buyer.firstname, lastname: buyer.lastname },
      fields: { size: 'S' },
    })
    assert.equal(forms.external.length, elementsOf(forms.handler?.external ?? assert.fail()).length)
  })

  it('comes back tomorrow, and is thrown away after two months', async () => {
    const { token, id } = await openCart(db, setQuantity(emptyCart(), code, 1, 4))
    const cart = await findCart(db, token)
    assert.equal(cart?.revision, 1)
    assert.ok(await saveCart(db, { ...cart, content: emptyCart() }))
    assert.equal(await saveCart(db, cart), undefined, 'somebody saved it meanwhile')
    const age = (days: number) => ({ updated_at: new Date(Date.now() - days * 86_400_000) })
    await db.updateTable('carts').set(age(59)).where('id', '=', id).execute()
    await pruneCarts(db)
    assert.ok(await findCart(db, token))
    await db.updateTable('carts').set(age(61)).where('id', '=', id).execute()
    assert.equal(await pruneCarts(db), 1)
    assert.equal(await findCart(db, token), undefined)
  })
})
