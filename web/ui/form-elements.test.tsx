import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { elementsOf, parseElements } from '../../sdk/form.ts'
import { moodleCourse, moodleGroup, moodleRole } from '../../sdk/moodle-fields.ts'
import { ErrorSummary, summaryOf } from './error-summary.tsx'
import { FormElements } from './form-elements.tsx'

const text = (en: string, fr = en) => ({ en, fr })

const schema = z.object({
  email: z.email().meta({ label: text('E-mail'), help: text('Of the learner.'), autocomplete: 'email' }),
  level: z.enum(['a', 'b']).meta({ label: text('Level', 'Niveau'), sameForAll: true }),
  days: z
    .int()
    .max(9)
    .optional()
    .meta({ label: text('Days') }),
  why: z
    .string()
    .optional()
    .meta({ label: text('Why'), visibleWhen: { field: 'level', is: ['b'] } }),
  key: z
    .string()
    .optional()
    .meta({ label: text('Key'), type: 'secret' }),
})
const elements = elementsOf(schema)

function draw(props: Partial<Parameters<typeof FormElements>[0]> = {}): string {
  return String(<FormElements elements={elements} locale="en" {...props} />)
}

/** The first tag of this name that has these attributes. */
function tag(html: string, start: string): string {
  return new RegExp(`<${start}[^>]*>`).exec(html)?.[0] ?? ''
}

describe('the fields of a form', () => {
  it('tie label, help and error to the input', () => {
    const html = draw({
      prefix: 'unit.k3.',
      values: { email: 'ada@' },
      errors: { email: text('Not complete.') },
    })
    assert.match(html, /<label for="field-unit-k3-email">E-mail/)
    const input = tag(html, 'input type="email"')
    assert.match(input, /id="field-unit-k3-email"/)
    assert.match(input, /name="unit\.k3\.email"/)
    assert.match(input, /value="ada@"/)
    assert.match(input, /aria-describedby="field-unit-k3-email-help field-unit-k3-email-error"/)
    assert.match(input, /aria-invalid="true"/)
    assert.match(input, /required/)
    assert.match(input, /autocomplete="email"/)
    assert.match(html, /id="field-unit-k3-email-help">Of the learner\./)
    assert.match(html, /id="field-unit-k3-email-error">.*Not complete\./s)
  })

  it('name a group of radio buttons by its legend and mark the chosen one', () => {
    const html = draw({ values: { level: 'b' }, locale: 'fr' })
    assert.match(html, /<fieldset id="field-level"[^>]*><legend>Niveau/)
    assert.match(tag(html, 'input type="radio" name="level" value="b"'), /checked/)
    assert.doesNotMatch(tag(html, 'input type="radio" name="level" value="a"'), /checked/)
  })

  it('show money as it is typed, and not in cents', () => {
    const money = elementsOf(z.object({ price: z.int().meta({ type: 'money' }) }))
    const shown = (price: unknown, locale: 'en' | 'fr') =>
      /value="([^"]*)"/.exec(
        String(<FormElements elements={money} values={{ price }} locale={locale} />),
      )?.[1]
    assert.deepEqual(
      [shown(45_000, 'en'), shown(44_990, 'en'), shown(44_990, 'fr'), shown('1.005', 'fr')],
      ['450', '449.90', '449,90', '1.005'],
    )
  })

  it('show again what is no number, as it was typed', () => {
    assert.match(
      tag(draw({ values: { days: 'many' } }), 'input type="text" inputmode="numeric"'),
      /value="many"/,
    )
  })

  it('escape what people typed and what operators wrote', () => {
    const hostile = '"><script>alert(1)</script>'
    const html = draw({ values: { email: hostile, why: hostile }, errors: { email: text(hostile) } })
    assert.doesNotMatch(html, /<script>/)
  })

  it('never show a secret again', () => {
    const html = draw({ values: { key: 'hunter2' } })
    assert.doesNotMatch(html, /hunter2/)
    assert.match(html, /One is kept/)
  })

  it('say what they depend on, and are all there without the script', () => {
    const html = draw({ prefix: 'p.' })
    assert.match(html, /id="field-p-why-field" data-when="p\.level" data-when-is="\[&quot;b&quot;\]"/)
    assert.match(html, /name="p\.why"/)
  })

  it('offer "same for all units" at the first unit and can hide at the others', () => {
    const leads = draw({ prefix: 'unit.a.', same: { line: 'X-1', leads: true, on: ['level'] } })
    assert.match(tag(leads, 'input type="checkbox" name="same\\.X-1\\.level"'), /checked/)
    const follows = draw({ prefix: 'unit.b.', same: { line: 'X-1', leads: false, on: ['level'] } })
    assert.doesNotMatch(follows, /type="checkbox"/)
    assert.match(follows, /data-same="same\.X-1\.level"/)
  })
})

describe('a picker', () => {
  const internal = elementsOf(
    z.object({
      course: moodleCourse(text('Course')),
      group: moodleGroup(text('Group'), { pickerOf: 'course' }).optional(),
      role: moodleRole(text('Role')).default('student'),
      more: z.array(moodleCourse(text('More'))).default([]),
    }),
  )
  const courses = [
    { value: 2, label: 'Excel' },
    { value: 3, label: 'Word' },
  ]
  const drawInternal = (values: Record<string, unknown>, choices = {}) =>
    String(<FormElements elements={internal} values={values} choices={choices} locale="en" />)

  it('lists what the site has, and keeps what it no longer has', () => {
    const html = drawInternal({ course: 9 }, { course: courses })
    assert.match(html, /<option value="2">Excel<\/option>/)
    assert.match(html, /<option value="9" selected="">9 \(not on the site now\)<\/option>/)
  })

  it('is typed by hand while the site does not answer', () => {
    const html = drawInternal({ course: 9 })
    assert.match(tag(html, 'input type="text" inputmode="numeric"'), /name="course"|id="field-course"/)
    assert.match(html, /The site doesn’t answer/)
  })

  it('fetches again what depends on it', () => {
    assert.match(
      tag(drawInternal({}, { course: courses }), 'select id="field-course"'),
      /data-refreshes="field-group-field"/,
    )
  })

  it('takes a role that is not in its list', () => {
    const html = drawInternal({ role: 'tutor' }, { role: [{ value: 'student', label: 'Student' }] })
    assert.match(tag(html, 'input type="text" id="field-role"'), /list="field-role-list" value="tutor"/)
  })

  it('of many is a box for each, under one name', () => {
    const html = drawInternal({ more: [3] }, { more: courses })
    assert.match(tag(html, 'input type="checkbox" name="more" value="3"'), /checked/)
    assert.doesNotMatch(tag(html, 'input type="checkbox" name="more" value="2"'), /checked/)
  })
})

describe('the summary of errors', () => {
  it('links each error to its field, in their order, with the unit it is in', () => {
    const errors = { '': text('Too many.'), level: text('Choose.'), email: text('Not complete.') }
    const summary = summaryOf(elements, errors, { locale: 'en', prefix: 'unit.a.', context: 'Unit 1' })
    assert.deepEqual(summary, [
      { text: 'Too many.', label: 'Unit 1' },
      { text: 'Not complete.', label: 'Unit 1, E-mail', id: 'field-unit-a-email' },
      { text: 'Choose.', label: 'Unit 1, Level', id: 'field-unit-a-level' },
    ])
    const html = String(<ErrorSummary errors={summary} locale="en" />)
    assert.match(html, /role="alert" tabindex="-1"/)
    assert.match(html, /3 things need your attention/)
    assert.match(html, /<a href="#field-unit-a-email">Unit 1, E-mail<\/a>: Not complete\./)
  })

  it('points at ids that the fields have, whatever their type', () => {
    const list = elements.map(({ type, name, label }) => ({
      type,
      name,
      label,
      ...(type === 'radio' && { options: [{ value: 'a', label }] }),
    }))
    const all = ['text', 'textarea', 'email', 'tel', 'url', 'number', 'checkbox', 'date', 'list'].map(
      (type, index) => ({
        type,
        name: `f${index}`,
        label: text(type),
      }),
    )
    const read = parseElements([...list.filter(({ type }) => type === 'radio'), ...all])
    assert.ok(read.ok)
    const errors = Object.fromEntries(read.elements.map(({ name }) => [name, text('Wrong.')]))
    const html = String(<FormElements elements={read.elements} errors={errors} locale="en" />)
    for (const { id } of summaryOf(read.elements, errors, { locale: 'en' })) {
      assert.match(html, new RegExp(`<(input|select|textarea|fieldset)[^>]* id="${id}"`))
    }
  })

  it('is nothing when nothing is wrong', () => {
    assert.equal(String(<ErrorSummary errors={[]} locale="en" />), '')
  })
})
