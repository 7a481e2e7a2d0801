import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import {
  elementsOf,
  jsonSchemaOf,
  parseElements,
  readForm,
  schemaOf,
  validate,
  visibleElements,
} from './form.ts'
import type { FormElement } from './form-element.ts'
import { moodleCourse, moodleRole } from './moodle-fields.ts'

const label = (text: string) => ({ en: text, fr: `${text} (fr)` })

function one(schema: z.ZodType): Partial<FormElement> {
  const [element] = elementsOf(z.object({ field: schema }))
  const { name, label: _, ...facts } = element ?? { name: '', label: undefined }
  assert.equal(name, 'field')
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

function element(
  description: Partial<FormElement> & { name: string; type: FormElement['type'] },
): FormElement {
  return { label: label(description.name), required: false, ...description }
}

describe('the elements of a schema', () => {
  it('follow its types, bounds and formats', () => {
    assert.deepEqual(one(z.string().min(2).max(9)), { type: 'text', required: true, min: 2, max: 9 })
    assert.deepEqual(one(z.email()), { type: 'email', required: true })
    assert.deepEqual(one(z.url()), { type: 'url', required: true })
    assert.deepEqual(one(z.iso.date()), { type: 'date', required: true })
    assert.deepEqual(one(z.number().min(0.5).max(9)), { type: 'number', required: true, min: 0.5, max: 9 })
    assert.deepEqual(one(z.int().positive()), { type: 'number', required: true, min: 1, whole: true })
    assert.deepEqual(one(z.string().regex(/^[A-Z]+$/)), { type: 'text', required: true, pattern: '^[A-Z]+$' })
  })

  it('ask for a tick only where nothing else is accepted', () => {
    assert.deepEqual(one(z.boolean()), { type: 'checkbox', required: false })
    assert.deepEqual(one(z.boolean().default(true)), { type: 'checkbox', required: false, default: true })
    assert.deepEqual(one(z.literal(true)), { type: 'checkbox', required: true })
  })

  it('offer up to three options at a glance and more in a list, with their labels', () => {
    const few = z.enum(['a', 'b']).meta({ optionLabels: { a: label('A') } })
    assert.deepEqual(one(few), {
      type: 'radio',
      required: true,
      options: [
        { value: 'a', label: label('A') },
        { value: 'b', label: { en: 'b', fr: 'b' } },
      ],
    })
    assert.equal(one(z.enum(['a', 'b', 'c', 'd'])).type, 'select')
    // a radio button can't be taken back
    assert.equal(one(few.optional()).type, 'select')
    assert.equal(one(few.default('a')).type, 'radio')
  })

  it('are lists for lists, of texts, of options or of ids', () => {
    assert.deepEqual(one(z.array(z.string()).min(1).max(5)), { type: 'list', required: true, min: 1, max: 5 })
    assert.deepEqual(one(z.array(z.string())), { type: 'list', required: false })
    const courses = one(z.array(moodleCourse(label('Courses'))).default([]))
    assert.deepEqual(courses, { type: 'list', required: false, default: [], whole: true, picker: 'course' })
    assert.equal(one(z.array(z.enum(['a', 'b']))).options?.length, 2)
  })

  it('take texts and pickers from .meta(), on whichever side of .optional() or .default() it stands', () => {
    const [role] = elementsOf(z.object({ role: moodleRole(label('Role')).default('student') }))
    assert.deepEqual(
      [role?.label, role?.picker, role?.default, role?.required],
      [label('Role'), 'role', 'student', false],
    )
    const notes = z
      .string()
      .optional()
      .meta({ label: label('Notes'), type: 'textarea' })
    assert.deepEqual(one(notes), { type: 'textarea', required: false })
  })

  it('are derived once for each schema', () => {
    const schema = z.object({ a: z.string() })
    assert.equal(elementsOf(schema), elementsOf(schema))
  })

  it('say what is wrong with a meta: a text in one language, or a name misspelt that would be passed over', () => {
    const withMeta = (meta: Record<string, unknown>) => () =>
      elementsOf(z.object({ size: z.string().meta(meta) }))
    assert.throws(
      withMeta({ label: { en: 'Size' } }),
      /the field "size": its meta, at label\.fr: .*in French/,
    )
    assert.throws(
      withMeta({ visibleIf: { field: 'a', is: ['b'] } }),
      /the field "size": its meta has visibleIf, which means nothing: it may have label, .*visibleWhen/,
    )
  })

  it('name the field that no form can hold', () => {
    assert.throws(
      () => elementsOf(z.object({ deep: z.object({ a: z.string() }) })),
      /the field "deep" can't be shown/,
    )
    assert.throws(() => elementsOf(z.object({ when: z.date() })), /"when"/)
    assert.throws(() => elementsOf(z.object({ pair: z.tuple([z.string()]) })), /"pair"/)
    assert.throws(() => elementsOf(z.object({ Bad_name: z.string() })), /"Bad_name"/)
    const early = z.object({
      a: z
        .string()
        .optional()
        .meta({ visibleWhen: { field: 'b', is: ['x'] } }),
      b: z.string(),
    })
    assert.throws(() => elementsOf(early), /"a": visibleWhen must name a field that stands before it/)
  })
})

describe('a form', () => {
  const elements = [
    element({ name: 'email', type: 'email' }),
    element({ name: 'size', type: 'number' }),
    element({ name: 'agreed', type: 'checkbox' }),
    element({ name: 'ids', type: 'list', whole: true }),
    element({ name: 'names', type: 'list', required: true }),
    element({ name: 'secret', type: 'secret' }),
  ]

  it('is read as values; what is left empty is none', () => {
    const form = {
      'u.email': '  ada@example.org ',
      'u.size': ' 1 234,5 ',
      'u.agreed': 'on',
      'u.ids': ['3', '12'],
      'u.names': 'Ada\r\n\r\n  Grace \nLin',
      'u.secret': ' kept as typed ',
      'u.other': 'x',
    }
    assert.deepEqual(readForm(elements, form, 'u.'), {
      email: 'ada@example.org',
      size: 1234.5,
      agreed: true,
      ids: [3, 12],
      names: ['Ada', 'Grace', 'Lin'],
      secret: ' kept as typed ',
    })
    assert.deepEqual(readForm(elements, { email: '  ', size: '', names: '\n', secret: '' }), {
      email: undefined,
      size: undefined,
      agreed: false,
      ids: [],
      names: undefined,
      secret: undefined,
    })
  })

  it('keeps what was typed where a number was expected, and never turns odd notations into numbers', () => {
    for (const typed of ['abc', '1e3', '0x10', 'Infinity', 'NaN', '--1', '1.2.3', '-']) {
      assert.equal(readForm(elements, { size: ` ${typed} ` }).size, typed)
    }
    assert.equal(readForm(elements, { size: '-3' }).size, -3)
    assert.deepEqual(readForm(elements, { ids: '3\nx' }).ids, [3, 'x'])
  })

  it('reads money as cents, and keeps what is no whole number of them', () => {
    const money = [element({ name: 'price', type: 'money' })]
    const cents = (typed: string) => readForm(money, { price: typed }).price
    assert.deepEqual(
      ['450', '449,90', '1 234.5', '0.29', '-2'].map(cents),
      [45_000, 44_990, 123_450, 29, -200],
    )
    for (const typed of ['1.005', '4,50 €', 'abc']) assert.equal(cents(` ${typed} `), typed)
    const schema = z.object({ price: z.int().min(100).max(1_000_000).meta({ type: 'money' }) })
    const told = (price: unknown) => {
      const read = validate(schema, elementsOf(schema), { price })
      return read.ok ? read.value.price : read.errors.price?.en
    }
    assert.deepEqual([44_990, '1.005', 50, 1_000_001].map(told), [
      44_990,
      'An amount, please, such as 450 or 449.90.',
      '1 at least.',
      '10000 at the most.',
    ])
  })

  it('is not read from the prototype of what was sent', () => {
    const names = [
      element({ name: 'constructor', type: 'text' }),
      element({ name: 'toString', type: 'text' }),
    ]
    assert.deepEqual(readForm(names, {}), { constructor: undefined, toString: undefined })
  })
})

describe('validation', () => {
  const schema = z.object({
    email: z.email(),
    name: z.string().min(2).max(5),
    code: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .meta({ patternHelp: { en: 'Three capitals.', fr: 'Trois majuscules.' } }),
    size: z.int().min(3).max(9),
    rate: z.number().gt(0).lt(1),
    level: z.enum(['a', 'b']),
    day: z.iso.date(),
    link: z.url(),
    people: z.array(z.email()).min(2).max(3),
    terms: z.literal(true),
  })
  const elements = elementsOf(schema)
  const good = {
    email: 'ada@example.org',
    name: 'Ada',
    code: 'ABC',
    size: 3,
    rate: 0.5,
    level: 'a',
    day: '2028-02-29',
    link: 'https://example.org/',
    people: ['ada@example.org', 'lin@example.org'],
    terms: true,
  }
  const wrong = (values: Record<string, unknown>) => {
    const read = validate(schema, elements, { ...good, ...values })
    return read.ok ? {} : read.errors
  }

  it('gives the value when all is well', () => {
    assert.deepEqual(validate(schema, elements, good), { ok: true, value: good })
  })

  const cases: [string, Record<string, unknown>, string, string, string][] = [
    ['what is missing', { name: undefined }, 'name', 'Please fill this in.', 'Merci de remplir ce champ.'],
    ['what is blank', { name: ' \n ' }, 'name', 'Please fill this in.', 'Merci de remplir ce champ.'],
    ['a null', { name: null }, 'name', 'Please fill this in.', 'Merci de remplir ce champ.'],
    [
      'half an e-mail address',
      { email: 'ada@' },
      'email',
      'This e-mail address isn’t complete. Example: name@example.org',
      'Cette adresse e-mail n’est pas complète. Exemple : nom@exemple.fr',
    ],
    [
      'a text that is too short',
      { name: 'A' },
      'name',
      '2 characters at least: this has 1.',
      '2 caractères au moins : ceci en a 1.',
    ],
    [
      'a text that is too long',
      { name: 'Augusta' },
      'name',
      '5 characters at the most: this has 7.',
      '5 caractères au plus : ceci en a 7.',
    ],
    ['a pattern, with its help', { code: 'abc' }, 'code', 'Three capitals.', 'Trois majuscules.'],
    [
      'what is no number',
      { rate: 'abc' },
      'rate',
      'A number, please, such as 12 or 12.5.',
      'Un nombre, s’il vous plaît, par exemple 12 ou 12,5.',
    ],
    [
      'a fraction',
      { size: 3.5 },
      'size',
      'A whole number, please, such as 12.',
      'Un nombre entier, s’il vous plaît, par exemple 12.',
    ],
    ['a number that is too small', { size: 2 }, 'size', '3 at least.', '3 au moins.'],
    ['a number that is too large', { size: 10 }, 'size', '9 at the most.', '9 au plus.'],
    ['a bound that is excluded', { rate: 0 }, 'rate', 'More than 0, please.', 'Plus de 0, s’il vous plaît.'],
    ['the other bound', { rate: 1 }, 'rate', 'Less than 1, please.', 'Moins de 1, s’il vous plaît.'],
    ['no choice', { level: undefined }, 'level', 'Please choose one.', 'Merci de choisir.'],
    [
      'a choice that is not offered',
      { level: 'z' },
      'level',
      'Please choose one of those offered.',
      'Merci de choisir parmi ce qui est proposé.',
    ],
    [
      'a day that does not exist',
      { day: '2027-02-29' },
      'day',
      'This date doesn’t exist. Year-month-day, such as 2027-01-31.',
      'Cette date n’existe pas. Année-mois-jour, par exemple 2027-01-31.',
    ],
    [
      'an address without https',
      { link: 'example.org' },
      'link',
      'Please give the whole address, starting with https://',
      'Merci d’indiquer l’adresse entière, à partir de https://',
    ],
    [
      'too few items',
      { people: ['a@example.org'] },
      'people',
      '2 at least: there is 1.',
      '2 au moins : il y en a 1.',
    ],
    [
      'the line of a list that is wrong',
      { people: ['a@example.org', 'b'] },
      'people',
      'Line 2: This e-mail address isn’t complete. Example: name@example.org',
      'Ligne 2 : Cette adresse e-mail n’est pas complète. Exemple : nom@exemple.fr',
    ],
    [
      'a box that must be ticked',
      { terms: false },
      'terms',
      'Please tick this box to go on.',
      'Merci de cocher cette case pour continuer.',
    ],
  ]
  for (const [what, values, field, en, fr] of cases) {
    it(`tells of ${what}, in both languages`, () => assert.deepEqual(wrong(values), { [field]: { en, fr } }))
  }

  it('tells of all fields at once, one message each', () => {
    assert.deepEqual(Object.keys(wrong(Object.fromEntries(elements.map(({ name }) => [name, undefined])))), [
      ...elements.map(({ name }) => name),
    ])
  })

  it('keeps the author’s own words of a refinement, in both languages when given', () => {
    const text = { en: 'Ends before it starts.', fr: 'Finit avant de commencer.' }
    const period = z
      .object({ from: z.iso.date(), to: z.iso.date() })
      .refine((value) => value.from <= value.to, { path: ['to'], params: { text } })
    const late = validate(period, elementsOf(period), { from: '2027-02-01', to: '2027-01-01' })
    assert.deepEqual(late, { ok: false, errors: { to: text } })
    const whole = z.object({ a: z.string() }).refine(() => false, 'never')
    const read = validate(whole, elementsOf(whole), { a: 'x' })
    assert.deepEqual(read, { ok: false, errors: { '': { en: 'never', fr: 'never' } } })
  })

  it('drops what is no field, and is not fooled by the names of Object', () => {
    const small = z.object({ a: z.string() })
    const sent: Record<string, unknown> = JSON.parse(
      '{"a":"x","b":1,"__proto__":{"admin":true},"constructor":2}',
    )
    assert.deepEqual(validate(small, elementsOf(small), sent), { ok: true, value: { a: 'x' } })
  })

  it('refuses values of another shape rather than failing', () => {
    for (const hostile of [{}, [], ['x'], 7, true, { toString: 1 }, [[['x']]]]) {
      assert.ok('name' in wrong({ name: hostile }), JSON.stringify(hostile))
      assert.ok('email' in wrong({ email: hostile }), JSON.stringify(hostile))
    }
    for (const hostile of [{}, 'x', [{}], [['a@example.org']]])
      assert.ok('people' in wrong({ people: hostile }))
    for (const hostile of ['3', [3], Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      assert.ok('size' in wrong({ size: hostile }), String(hostile))
    }
  })

  it('leaves out what PostgreSQL’s JSON refuses and what would break a line', () => {
    const read = validate(z.object({ a: z.string() }), [element({ name: 'a', type: 'text' })], {
      a: 'A\0da\ud800\r\nBcc: x',
    })
    assert.deepEqual(read, { ok: true, value: { a: 'Ada\ufffd Bcc: x' } })
  })
})

describe('a field that depends on another', () => {
  const schema = z.object({
    starts: z.enum(['now', 'on']).default('now'),
    day: z.iso
      .date()
      .optional()
      .meta({ visibleWhen: { field: 'starts', is: ['on'] } }),
  })

  it('is dropped while it does not show, however it was sent', () => {
    const read = validate(schema, elementsOf(schema), { starts: 'now', day: 'nonsense' })
    assert.deepEqual(read, { ok: true, value: { starts: 'now' } })
    assert.equal(validate(schema, elementsOf(schema), { starts: 'on', day: 'nonsense' }).ok, false)
  })

  const own = [
    element({ name: 'company', type: 'checkbox' }),
    element({ name: 'vat', type: 'text', required: true, visibleWhen: { field: 'company', is: [true] } }),
    element({ name: 'why', type: 'text', required: true, visibleWhen: { field: 'vat', is: ['none'] } }),
  ]

  it('is asked for only when it shows', () => {
    assert.deepEqual(validate(schemaOf(own), own, {}), { ok: true, value: {} })
    assert.deepEqual(validate(schemaOf(own), own, { company: true }), {
      ok: false,
      errors: { vat: { en: 'Please fill this in.', fr: 'Merci de remplir ce champ.' } },
    })
    assert.deepEqual(validate(schemaOf(own), own, { company: true, vat: 'FR1' }), {
      ok: true,
      value: { company: true, vat: 'FR1' },
    })
  })

  it('hides with the one it depends on', () => {
    const names = (values: Record<string, unknown>) => visibleElements(own, values).map(({ name }) => name)
    assert.deepEqual(names({ company: true, vat: 'none' }), ['company', 'vat', 'why'])
    assert.deepEqual(names({ company: false, vat: 'none' }), ['company'])
  })
})

describe('an operator’s own fields', () => {
  const text = { en: 'T-shirt', fr: 'Tee-shirt' }
  const errorsOf = (...list: unknown[]) => {
    const read = parseElements(JSON.stringify(list))
    return read.ok ? [] : read.errors.map(({ path, text }) => `${path}: ${text.en}`)
  }

  it('are read from JSON and make a schema that asks the same', () => {
    const read = parseElements(
      JSON.stringify([
        { name: 'size', type: 'select', label: text, required: true, options: [{ value: 'm', label: text }] },
        { name: 'badge', type: 'text', label: text, pattern: '[A-Z]{3}', patternHelp: text },
        { name: 'guests', type: 'number', label: text, whole: true, min: 0, max: 4 },
        { name: 'site', type: 'url', label: text },
        { name: 'names', type: 'list', label: text, max: 2 },
      ]),
    )
    assert.ok(read.ok)
    const check = (values: Record<string, unknown>) =>
      validate(schemaOf(read.elements), read.elements, values)
    assert.deepEqual(check({ size: 'm', guests: 2 }), { ok: true, value: { size: 'm', guests: 2 } })
    const bad = check({
      size: 'xl',
      badge: 'abc',
      guests: 1.5,
      site: 'javascript:alert(1)',
      names: ['a', 'b', 'c'],
    })
    assert.deepEqual(bad.ok || Object.keys(bad.errors), ['size', 'badge', 'guests', 'site', 'names'])
  })

  it('have bounds even where the operator gave none', () => {
    const elements = [element({ name: 'a', type: 'text' }), element({ name: 'b', type: 'list' })]
    const long = validate(schemaOf(elements), elements, { a: 'x'.repeat(201), b: Array(101).fill('x') })
    assert.deepEqual(long.ok || Object.keys(long.errors), ['a', 'b'])
  })

  it('try no pattern on a text that is too long: three repetitions would take hours', () => {
    const elements = [element({ name: 'a', type: 'text', pattern: 'x*x*x*y' })]
    const long = validate(schemaOf(elements), elements, { a: 'x'.repeat(100_000) })
    assert.deepEqual(long.ok || Object.keys(long.errors), ['a'])
  })

  it('may be none', () => {
    assert.deepEqual(parseElements(''), { ok: true, elements: [] })
    assert.deepEqual(parseElements([]), { ok: true, elements: [] })
  })

  it('say where the list itself is wrong', () => {
    for (const json of ['{', '{}', 'null', '"x"', 7, null]) {
      const read = parseElements(json)
      assert.match(read.ok ? '' : (read.errors[0]?.text.en ?? ''), /A list of fields is expected/)
    }
    assert.match(errorsOf(...Array(41).fill({}))[0] ?? '', /40 fields at the most/)
    assert.deepEqual(
      errorsOf({ name: 'Size', type: 'color', label: { en: 'x' } }).map((error) => error.split(':')[0]),
      ['[0].name', '[0].type', '[0].label.fr'],
    )
    assert.match(
      errorsOf({ name: 'a', type: 'text', label: text, onclick: 'x' })[0] ?? '',
      /"onclick" is not known/,
    )
  })

  const refused: [string, Record<string, unknown>, RegExp][] = [
    ['a choice without options', { type: 'select' }, /\[0\]\.options: .*needs options/],
    [
      'options that share a value',
      { type: 'radio', options: Array(2).fill({ value: 'a', label: text }) },
      /of its own/,
    ],
    ['bounds the wrong way round', { type: 'number', min: 3, max: 2 }, /\[0\]\.min: .*min is more than max/],
    ['a length that is no count', { type: 'text', max: 2.5 }, /count characters/],
    ['a pattern that could hang the server', { type: 'text', pattern: '(a+)+' }, /\[0\]\.pattern: .*busy/],
    ['a pattern on a long text', { type: 'textarea', pattern: 'a+', max: 5000 }, /200 characters/],
    [
      'a field that depends on none',
      { type: 'text', visibleWhen: { field: 'b', is: ['x'] } },
      /stands before it/,
    ],
    [
      'a field that depends on itself',
      { type: 'text', visibleWhen: { field: 'a', is: ['x'] } },
      /stands before it/,
    ],
    ['a default that would be refused', { type: 'email', default: 'x' }, /\[0\]\.default/],
    ['a secret, which would be kept readable', { type: 'secret' }, /only a handler/],
    ['a picker of the site', { type: 'number', picker: 'course' }, /only a handler/],
  ]
  for (const [what, fault, message] of refused) {
    it(`may not hold ${what}`, () =>
      assert.match(errorsOf({ name: 'a', label: text, ...fault })[0] ?? '', message))
  }

  it('have a name each', () => {
    const field = { name: 'a', type: 'text', label: text }
    assert.match(errorsOf(field, field)[0] ?? '', /^\[1\]\.name: Field 2 \(a\): another field/)
  })
})

describe('the JSON Schema of a form', () => {
  it('keeps its types and shows our labels as titles', () => {
    const schema = z.object({
      note: z.string().meta({ label: label('Note'), help: label('Help'), type: 'textarea' }),
    })
    assert.deepEqual(jsonSchemaOf(schema, 'fr').properties, {
      note: { type: 'string', title: 'Note (fr)', description: 'Help (fr)' },
    })
  })
})
