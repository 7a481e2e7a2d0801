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
      parts: [],
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

describe('the form of a cart with bundles', () => {
  const part = (code: string, copy = 1) => ({
    code,
    copy,
    external: [element('email', { type: 'email', forMe: 'email' })],
    fields: [element('company', { sameForAll: true })],
  })
  const bundles: CartForms = new Map([
    ['LOT', { external: [], fields: [], most: 4, parts: [part('SST'), part('SQL'), part('SQL', 2)] }],
  ])
  const bundle = (key: string): CartContent['lines'][number]['units'][number] => ({
    key,
    forMe: false,
    external: {},
    fields: {},
  })
  const two = (): CartContent => ({ lines: [{ code: 'LOT', units: [bundle('a'), bundle('b')] }] })
  const sent = (body: Body): Body => ({
    units: ['a', 'b'].flatMap((key) => [key, `${key}-SST-1`, `${key}-SQL-1`, `${key}-SQL-2`]),
    'quantity.LOT': '2',
    'was.LOT': '2',
    ...body,
  })

  it('keeps what was typed for each unit of each part', () => {
    const typed = sent({
      'unit.a-SST-1.external.email': 'a@a.fr',
      'unit.a-SQL-1.external.email': 'b@b.fr',
      'unit.a-SQL-2.external.email': 'c@c.fr',
      'forme.b-SQL-2': 'on',
      'samelearner.b': 'on',
    })
    const [first, second] = lineOf(applyCartForm(two(), typed, bundles)).units
    assert.deepEqual(
      first?.parts?.map(({ code, external }) => [code, external.email]),
      [
        ['SST', 'a@a.fr'],
        ['SQL', 'b@b.fr'],
        ['SQL', 'c@c.fr'],
      ],
    )
    assert.deepEqual([first?.sameLearner, second?.sameLearner], [false, true])
    assert.deepEqual(
      second?.parts?.map(({ forMe }) => forMe),
      [false, false, true],
    )
  })

  it('takes nothing for a part that the bundle doesn’t have, and leaves alone what it didn’t show', () => {
    const kept = applyCartForm(two(), sent({ 'unit.a-SQL-1.external.email': 'b@b.fr' }), bundles)
    const other: Body = {
      units: ['a', 'a-SST-1', 'a-NEW-1'],
      'unit.a-NEW-1.external.email': 'n@n.fr',
      'unit.a-SST-1.external.price': '0',
    }
    const [first] = lineOf(applyCartForm(kept, other, bundles)).units
    assert.deepEqual(
      first?.parts?.map(({ code, external }) => [code, external]),
      [
        ['SST', { email: undefined }],
        ['SQL', { email: 'b@b.fr' }],
        ['SQL', { email: undefined }],
      ],
    )
  })

  it('gives the first answer to all units of one part while its box is ticked, to new bundles too', () => {
    const body = sent({
      boxes: 'LOT',
      'same.LOT.SQL.fields.company': 'on',
      'unit.a-SST-1.fields.company': 'Seine',
      'unit.a-SQL-1.fields.company': 'Rhône',
      'unit.b-SQL-1.fields.company': 'Loire',
    })
    const shared = applyCartForm(two(), body, bundles)
    const more = applyCartForm(shared, { ...body, intent: 'add:LOT' }, bundles)
    const companies = (content: CartContent, code: string) =>
      lineOf(content).units.flatMap((one) =>
        (one.parts ?? []).filter((each) => each.code === code).map(({ fields }) => fields.company),
      )
    assert.deepEqual(companies(shared, 'SQL'), ['Rhône', 'Rhône', 'Rhône', 'Rhône'])
    assert.deepEqual(companies(shared, 'SST'), ['Seine', undefined])
    assert.equal(lineOf(more).units.length, 3)
    assert.deepEqual(companies(more, 'SQL'), Array(6).fill('Rhône'))
    assert.equal(lineOf(more).units[2]?.sameLearner, true, 'a new one begins with one learner')
  })
})
