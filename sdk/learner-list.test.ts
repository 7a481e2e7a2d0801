import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { elementsOf, jsonSchemaOf, parseElements, schemaOf, validate } from './form.ts'
import { type LearnerRow, learnerList, readLearnerList, wrongRows } from './learner-list.ts'

const people = (rows: LearnerRow[]) =>
  rows.map(({ values }) => `${values.email}|${values.firstname}|${values.lastname}`)
const read = (text: string) => people(readLearnerList(text))
const ada = 'ada@x.example|Ada|Lovelace'
const alan = 'alan@x.example|Alan|Turing'

describe('a list of people', () => {
  it('takes tabs, semicolons and commas', () => {
    for (const by of ['\t', ';', ',', ' ; ', ', ']) {
      const text = `ada@x.example${by}Ada${by}Lovelace\nalan@x.example${by}Alan${by}Turing`
      assert.deepEqual(read(text), [ada, alan])
    }
  })

  it('finds the e-mail wherever it stands when no row names the columns', () => {
    assert.deepEqual(read('Ada;Lovelace;ada@x.example\nAlan;alan@x.example;Turing'), [ada, alan])
  })

  it('takes columns in any order, by names in English or French', () => {
    const heads = [
      'Last name;E-mail address;First name',
      'NOM;Courriel;Prénom',
      'nom de famille ; Adresse électronique ; prénom',
      'Surname;mail;Given name',
    ]
    for (const head of heads) {
      assert.deepEqual(
        read(`${head}\nLovelace;ada@x.example;Ada\nTuring;alan@x.example;Alan`),
        [ada, alan],
        head,
      )
    }
  })

  it('leaves out columns with other names', () => {
    const text =
      'N°\tNom\tPrénom\tService\tE-mail\n1\tLovelace\tAda\tR&D\tada@x.example\n2\tTuring\tAlan\t\talan@x.example'
    assert.deepEqual(read(text), [ada, alan])
  })

  it('takes a whole name in one column', () => {
    assert.deepEqual(read('Nom et prénom,Mail\nAda Lovelace,ada@x.example\n"Turing, Alan",alan@x.example'), [
      ada,
      alan,
    ])
    assert.deepEqual(read('Ada Lovelace;ada@x.example\nalan@x.example;Alan Turing'), [ada, alan])
  })

  it('takes quoted cells, with the delimiter, quotes and line breaks inside', () => {
    const text =
      'email,firstname,lastname,note\n"ada@x.example","Ada ""the first""","Love,lace","two\nlines"\nalan@x.example, "Alan" ,Turing,'
    const rows = readLearnerList(text)
    assert.deepEqual(people(rows), ['ada@x.example|Ada "the first"|Love,lace', alan])
    assert.deepEqual(
      rows.map(({ line }) => line),
      [2, 4],
    )
  })

  it('ends a quote that nothing closes with its line', () => {
    assert.deepEqual(read('ada@x.example;"Ada;Lovelace\nalan@x.example;Alan;Turing'), [
      'ada@x.example|"Ada|Lovelace',
      alan,
    ])
  })

  it('takes what mail programs write', () => {
    assert.deepEqual(read('Ada Lovelace <ada@x.example>\n"Turing, Alan" <alan@x.example>'), [ada, alan])
    assert.deepEqual(read('Ada Lovelace <ada@x.example>; Alan Turing <alan@x.example>;'), [ada, alan])
    assert.deepEqual(read('Ada Lovelace <ada@x.example>, Alan Turing <alan@x.example>'), [ada, alan])
    assert.deepEqual(read('Lovelace, Ada <ada@x.example>\nTuring, Alan <alan@x.example>'), [ada, alan])
    assert.deepEqual(read('E-mail\nAda Lovelace <ada@x.example>'), [ada])
    assert.deepEqual(read('ada@x.example Ada Lovelace\nmailto:alan@x.example Alan Turing'), [ada, alan])
  })

  it('takes family names in capitals for what they are', () => {
    assert.deepEqual(read('DE LA TOUR Jean Marie <jean@x.example>'), ['jean@x.example|Jean Marie|DE LA TOUR'])
    assert.deepEqual(read('ADA LOVELACE <ada@x.example>'), ['ada@x.example|ADA|LOVELACE'])
  })

  it('takes addresses alone when names are not required', () => {
    const rows = readLearnerList('ada@x.example\nalan@x.example; grace@x.example', { names: false })
    assert.deepEqual(people(rows), ['ada@x.example||', 'alan@x.example||', 'grace@x.example||'])
    assert.deepEqual(wrongRows(rows), [])
    assert.equal(wrongRows(readLearnerList('ada@x.example')).length, 1)
  })

  it('reads a byte order mark, Windows and old Mac line ends, and hard spaces', () => {
    assert.deepEqual(read('\uFEFFemail;prénom;nom\r\nada@x.example;Ada\u00a0;Lovelace\r\n'), [ada])
    assert.deepEqual(read('ada@x.example;Ada;Lovelace\ralan@x.example;Alan;Turing'), [ada, alan])
  })

  it('skips empty rows, and counts lines as the person sees them', () => {
    const rows = readLearnerList(
      'email;prénom;nom\n\nada@x.example;Ada;Lovelace\n;;\n  \nalan@x.example;Alan;Turing\n\n',
    )
    assert.deepEqual(
      rows.map(({ line }) => line),
      [3, 6],
    )
  })

  it('tells a wrong e-mail and missing names at their columns', () => {
    const [wrong, unnamed, empty] = readLearnerList(
      'ada.x.example;Ada;Lovelace\nalan@x.example;;Turing\n;Grace;Hopper',
    )
    assert.match(wrong?.errors.email?.en ?? '', /isn’t complete/)
    assert.deepEqual(Object.keys(wrong?.errors ?? {}), ['email'])
    assert.deepEqual(Object.keys(unnamed?.errors ?? {}), ['firstname'])
    assert.deepEqual(empty?.errors.email, { en: 'Please fill this in.', fr: 'Merci de remplir ce champ.' })
    assert.deepEqual(empty?.values, { email: '', firstname: 'Grace', lastname: 'Hopper' })
  })

  it('tells an address that stands twice in both rows, whatever its case', () => {
    const rows = readLearnerList(
      'ada@x.example;Ada;Lovelace\nalan@x.example;Alan;Turing\nADA@x.example;Ada;L',
    )
    assert.deepEqual(
      rows.map(({ errors }) => errors.email?.fr),
      [
        'Deux fois dans la liste : aussi à la ligne 3.',
        undefined,
        'Deux fois dans la liste : aussi à la ligne 1.',
      ],
    )
  })

  it('tells rows with too many cells', () => {
    const [row] = readLearnerList('ada@x.example;Ada;Lovelace;Paris')
    assert.match(row?.errors.row?.en ?? '', /4 cells/)
    const [named] = readLearnerList('mail;prénom;nom\nada@x.example;Ada;Love;lace')
    assert.match(named?.errors.row?.en ?? '', /too many/)
    assert.deepEqual(wrongRows(readLearnerList('mail;prénom;nom\nada@x.example;Ada;Lovelace;;')), [])
  })

  it('reads 500 rows and finds the two that are wrong', () => {
    const lines = Array.from({ length: 500 }, (_, n) => `learner.${n}@x.example\tAda\tLearner ${n}`)
    lines[123] = 'learner.123\tAda\tLearner 123'
    lines[456] = 'learner.456@x.example\tAda\t'
    const rows = readLearnerList(lines.join('\r\n'))
    assert.equal(rows.length, 500)
    assert.deepEqual(
      wrongRows(rows).map(({ line, errors }) => [line, ...Object.keys(errors)]),
      [
        [124, 'email'],
        [457, 'lastname'],
      ],
    )
  })

  it('stops at 5,000 rows, and says so', () => {
    const rows = readLearnerList('a@x.example\n'.repeat(60_000))
    assert.equal(rows.length, 5000)
    assert.ok(rows.at(-1)?.errors.row)
  })

  it('reads hostile quotes in time', () => {
    const start = performance.now()
    readLearnerList('"'.repeat(200_000))
    readLearnerList('"a,'.repeat(50_000))
    readLearnerList(` "${'""'.repeat(100_000)}`)
    readLearnerList(`${'a'.repeat(300_000)} @`)
    readLearnerList('nom'.repeat(100_000))
    assert.ok(performance.now() - start < 2000)
  })
})

describe('a list of people in a form', () => {
  const label = { en: 'Participants', fr: 'Participants' }
  const schema = z.object({
    participants: learnerList({ label, max: 3 }),
    supervisors: learnerList({ label, min: 0, max: 2, names: false }).optional(),
  })
  const elements = elementsOf(schema)
  const check = (participants: unknown, supervisors?: unknown) =>
    validate(schema, elements, { participants, ...(supervisors !== undefined && { supervisors }) })

  it('is drawn from its schema', () => {
    assert.deepEqual(
      elements.map(({ name, type, required, min, max, names }) => ({
        name,
        type,
        required,
        min,
        max,
        names,
      })),
      [
        { name: 'participants', type: 'learners', required: true, min: 1, max: 3, names: true },
        { name: 'supervisors', type: 'learners', required: false, min: 0, max: 2, names: false },
      ],
    )
  })

  it('takes a text, and a list of objects as the API sends it', () => {
    const value = { participants: [{ email: 'ada@x.example', firstname: 'Ada', lastname: 'Lovelace' }] }
    assert.deepEqual(check('Nom,Prénom,Mail\nLovelace,Ada,ada@x.example'), { ok: true, value })
    assert.deepEqual(check([{ email: ' ada@x.example', firstname: 'Ada', lastname: 'Lovelace', age: 36 }]), {
      ok: true,
      value,
    })
    assert.deepEqual(check(value.participants, [{ email: 'alan@x.example' }]), {
      ok: true,
      value: { ...value, supervisors: [{ email: 'alan@x.example', firstname: '', lastname: '' }] },
    })
  })

  it('tells every wrong row, and that there are too many, at once', () => {
    const read = check('a.x;A;A\nb@x.example;B;B\nc@x.example;C;\nd@x.example;D;D')
    assert.ok(!read.ok)
    const error = read.errors.participants
    assert.equal(error?.en, '3 at the most: there are 4.')
    assert.deepEqual(
      error?.rows?.map(({ line, errors }) => [line, Object.keys(errors)]),
      [
        [1, ['email']],
        [3, ['lastname']],
      ],
    )
  })

  it('tells the rows of a list of objects, repeated ones too', () => {
    const ada = { email: 'ada@x.example', firstname: 'Ada', lastname: 'Lovelace' }
    const read = check([ada, { ...ada, email: 'ADA@x.example' }, { email: 4 }])
    assert.ok(!read.ok)
    assert.equal(read.errors.participants?.en, '3 rows are to be corrected.')
    assert.deepEqual(
      read.errors.participants?.rows?.map(({ line, errors }) => [line, Object.keys(errors)]),
      [
        [1, ['email']],
        [2, ['email']],
        [3, ['email', 'firstname', 'lastname']],
      ],
    )
  })

  it('refuses what is no list, and misses what is empty', () => {
    for (const wrong of [7, ['ada@x.example'], { email: 'ada@x.example' }]) assert.ok(!check(wrong).ok)
    for (const empty of [undefined, '', ' \n', [], 'Nom;Prénom;E-mail']) {
      const read = check(empty)
      assert.match(read.ok ? '' : (read.errors.participants?.en ?? ''), /at least/)
    }
    assert.ok(check([{ email: 'ada@x.example', firstname: 'Ada', lastname: 'L' }], '').ok)
  })

  it('lets nobody in twice even where only the schema looks', () => {
    const ada = { email: 'ada@x.example', firstname: 'Ada', lastname: 'Lovelace' }
    assert.ok(!schema.safeParse({ participants: [ada, ada] }).success)
  })

  it('may be a field of the operator’s own', () => {
    const parsed = parseElements([
      { name: 'guests', type: 'learners', label, required: true, max: 2, names: false },
    ])
    assert.ok(parsed.ok)
    const read = validate(schemaOf(parsed.elements), parsed.elements, { guests: 'ada@x.example' })
    assert.deepEqual(read, {
      ok: true,
      value: { guests: [{ email: 'ada@x.example', firstname: '', lastname: '' }] },
    })
  })

  it('has a JSON Schema that says what a person is', () => {
    const { properties } = jsonSchemaOf(schema)
    assert.deepEqual(Object.keys(Object(properties?.participants)).sort(), [
      'items',
      'maxItems',
      'minItems',
      'title',
      'type',
    ])
  })
})
