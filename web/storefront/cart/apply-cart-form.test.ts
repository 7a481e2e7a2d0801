import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CartContent } from '../../../db/schema.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { applyCartForm, type Body, type CartForms } from './apply-cart-form.ts'

const element = (name: string, more: Partial<FormElement> = {}): FormElement => ({
  name,
  type: 'text',
  label: { en: name, fr: name },
  required: true,
  ...more,
})

const forms: CartForms = new Map([
  [
    'SST',
    {
      external: [element('email', { type: 'email', forMe: 'email' })],
      fields: [element('company', { sameForAll: true }), element('age', { type: 'number', required: false })],
      most: 4,
    },
  ],
])

const unit = (key: string, email?: string, company?: string) => ({
  key,
  forMe: false,
  external: email ? { email } : {},
  fields: company ? { company } : {},
})

const cart = (...units: CartContent['lines'][number]['units']): CartContent => ({
  lines: [{ code: 'SST', units }],
})

/** What the form of these units sends. */
const form = (body: Body, ...keys: string[]): Body => ({
  units: keys,
  'quantity.SST': String(keys.length),
  'was.SST': String(keys.length),
  ...body,
})

const lineOf = (content: CartContent) => content.lines[0] ?? { code: '', units: [] }

describe('the form of the cart', () => {
  it('keeps everything typed, right or wrong, whatever button was pressed', () => {
    for (const intent of ['save', 'checkout', 'add:SST', 'remove:b', 'draft']) {
      const sent = form(
        { intent, 'unit.a.external.email': 'not an address', 'unit.a.fields.age': 'forty', 'forme.a': 'on' },
        'a',
        'b',
      )
      const [first] = lineOf(applyCartForm(cart(unit('a'), unit('b')), sent, forms)).units
      assert.equal(first?.external.email, 'not an address', intent)
      assert.equal(first?.fields.age, 'forty', intent)
      assert.equal(first?.forMe, true, intent)
    }
  })

  it('adds an empty unit at the end, and never more than the entry allows', () => {
    const four = cart(unit('a', 'a@a.fr'), unit('b'), unit('c'), unit('d'))
    assert.equal(lineOf(applyCartForm(four, form({ intent: 'add:SST' }), forms)).units.length, 4)
    const one = lineOf(applyCartForm(cart(unit('a', 'a@a.fr')), form({ intent: 'add:SST' }), forms))
    assert.deepEqual(
      one.units.map((each) => each.external),
      [{ email: 'a@a.fr' }, {}],
    )
  })

  it('removes the unit that was meant, and keeps the answers of the others', () => {
    const sent = form({ intent: 'remove:a', 'unit.b.external.email': 'b@b.fr' }, 'a', 'b')
    const { units } = lineOf(applyCartForm(cart(unit('a'), unit('b')), sent, forms))
    assert.deepEqual(
      units.map((each) => [each.key, each.external.email]),
      [['b', 'b@b.fr']],
    )
  })

  it('changes a quantity without losing an answer, down to none', () => {
    const quantity = (value: string) =>
      applyCartForm(
        cart(unit('a', 'a@a.fr'), unit('b')),
        form({ 'quantity.SST': value, 'was.SST': '2' }),
        forms,
      )
    assert.equal(lineOf(quantity('3')).units.length, 3)
    assert.equal(lineOf(quantity('1')).units[0]?.external.email, 'a@a.fr')
    assert.equal(lineOf(quantity('99')).units.length, 4)
    assert.deepEqual(quantity('0').lines, [])
    for (const nonsense of ['-3', '1e3', '2.5', '', 'many'])
      assert.equal(lineOf(quantity(nonsense)).units.length, 2)
  })

  it('leaves a quantity alone while the customer is still typing it', () => {
    const sent = form({ intent: 'draft', 'quantity.SST': '0', 'was.SST': '2' }, 'a', 'b')
    assert.equal(lineOf(applyCartForm(cart(unit('a'), unit('b')), sent, forms)).units.length, 2)
  })

  it('leaves alone what another tab has added since the form was shown', () => {
    const now = cart(unit('a'), unit('b', 'new@tab.fr'))
    const sent = form({ intent: 'save', 'unit.a.external.email': 'a@a.fr' }, 'a')
    const { units } = lineOf(applyCartForm(now, sent, forms))
    assert.deepEqual(
      units.map((each) => each.external.email),
      ['a@a.fr', 'new@tab.fr'],
    )
  })

  it('gives the first answer to all units while its box is ticked, to new units too', () => {
    const ticked = form(
      {
        boxes: 'SST',
        'same.SST.fields.company': 'on',
        'unit.a.fields.company': 'Rhône',
        'unit.b.fields.company': 'Loire',
      },
      'a',
      'b',
    )
    const shared = applyCartForm(cart(unit('a'), unit('b')), ticked, forms)
    assert.deepEqual(
      lineOf(shared).units.map((each) => each.fields.company),
      ['Rhône', 'Rhône'],
    )
    const more = applyCartForm(shared, form({ intent: 'add:SST' }), forms)
    assert.equal(lineOf(more).units[2]?.fields.company, 'Rhône')
    const unticked = applyCartForm(shared, { ...ticked, 'same.SST.fields.company': '' }, forms)
    assert.equal(lineOf(unticked).units[1]?.fields.company, 'Loire')
  })

  it('shares only what an entry says may be shared', () => {
    const sent = form(
      { boxes: 'SST', 'same.SST.external.email': 'on', 'unit.a.external.email': 'a@a.fr' },
      'a',
      'b',
    )
    assert.equal(
      lineOf(applyCartForm(cart(unit('a'), unit('b')), sent, forms)).units[1]?.external.email,
      undefined,
    )
  })

  it('takes nothing but what its forms ask', () => {
    const sent = form(
      { 'unit.a.external.role': 'manager', 'unit.zz.external.email': 'z@z.fr', intent: 'drop:OTHER' },
      'a',
      'zz',
    )
    const { units } = lineOf(applyCartForm(cart(unit('a')), sent, forms))
    assert.deepEqual(
      units.map((each) => Object.keys(each.external)),
      [['email']],
    )
  })

  it('leaves out what the database can’t keep', () => {
    const sent = form({ 'unit.a.fields.company': 'A\0B\ud800C' }, 'a')
    const [first] = lineOf(applyCartForm(cart(unit('a')), sent, forms)).units
    assert.equal(first?.fields.company, 'AB\ufffdC')
  })
})
