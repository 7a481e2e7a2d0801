import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readLearnerList } from './learner-list.ts'
import { correctLearnerList, decodeList, type Learner, learnerListFrom } from './learner-text.ts'

const read = (text: string) =>
  readLearnerList(text).map(({ values }) => `${values.email}|${values.firstname}|${values.lastname}`)
const ada = 'ada@x.example|Ada|Lovelace'
const alan = 'alan@x.example|Alan|Turing'

describe('a row that is corrected in place', () => {
  const correct = (text: string, changes: Record<number, Partial<Learner>>) =>
    correctLearnerList(
      text,
      readLearnerList(text).flatMap(({ line, source, values }) => {
        const change = changes[line]
        return change ? [{ line, source, values: { ...values, ...change } }] : []
      }),
    )

  it('changes only that row, in its own columns', () => {
    assert.equal(
      correct('Nom;Service;Mail;Prénom\nLovelace;R&D;ada.x;Ada\nTuring;;alan@x.example;Alan', {
        2: { email: 'ada@x.example' },
      }),
      'Nom;Service;Mail;Prénom\nLovelace;R&D;ada@x.example;Ada\nTuring;;alan@x.example;Alan',
    )
    assert.equal(
      correct('Ada,Lovelace,ada.x\nAlan,Turing,alan@x.example', {
        1: { email: 'ada@x.example', lastname: 'Love, lace' },
      }),
      'Ada,"Love, lace",ada@x.example\nAlan,Turing,alan@x.example',
    )
  })

  it('gives a list without names its columns', () => {
    assert.equal(
      correct('ada@x.example', { 1: { firstname: 'Ada', lastname: 'Lovelace' } }),
      'ada@x.example;Ada;Lovelace',
    )
    assert.deepEqual(read(correct('Nom;Prénom\nLovelace;Ada', { 2: { email: 'ada@x.example' } })), [ada])
  })

  it('corrects one of several people on a line', () => {
    assert.deepEqual(
      read(
        correctLearnerList('ada@x.example Ada Lovelace; alan@x.example', [
          {
            line: 1,
            source: 'alan@x.example',
            values: { email: 'alan@x.example', firstname: 'Alan', lastname: 'Turing' },
          },
        ]),
      ),
      [ada, alan],
    )
  })

  it('leaves a row out that is emptied', () => {
    assert.equal(
      correct('a@x.example\nb\nc@x.example', { 2: { email: '', firstname: '', lastname: '' } }),
      'a@x.example\nc@x.example',
    )
  })

  it('writes quotes so that they are read again', () => {
    const text = correct('ada@x.example;Ada;', { 1: { firstname: '"Ada"', lastname: 'Love;lace' } })
    assert.deepEqual(read(text), ['ada@x.example|"Ada"|Love;lace'])
  })

  it('drops cells too many once something is corrected, and leaves a row that is not', () => {
    const text = 'mail;prénom;nom\nada@x.example;Ada;Love;lace'
    assert.equal(
      correct(text, { 2: { lastname: 'Lovelace' } }),
      'mail;prénom;nom\nada@x.example;Ada;Lovelace',
    )
    assert.equal(correct(text, { 2: {} }), text)
    assert.equal(
      correct('ada@x.example;Ada;Love;lace', { 1: { lastname: 'Lovelace' } }),
      'ada@x.example;Ada;Lovelace',
    )
  })

  it('does nothing when the text was changed at that place', () => {
    const values = { email: 'other@x.example', firstname: 'O', lastname: 'O' }
    const text = 'ada@x.example;Ada;Lovelace'
    assert.equal(correctLearnerList(text, [{ line: 1, source: 'ada.x;Ada;Lovelace', values }]), text)
    assert.equal(correctLearnerList(text, [{ line: 2, source: text, values }]), text)
  })
})

describe('a list from a form', () => {
  it('takes the text with its corrections', () => {
    const form = {
      list: 'ada.x;Ada;Lovelace\r\nalan@x.example;Alan;',
      'list.line': ['1', '2'],
      'list.source': ['ada.x;Ada;Lovelace', 'alan@x.example;Alan;'],
      'list.email': ['ada@x.example', 'alan@x.example'],
      'list.firstname': ['Ada', 'Alan'],
      'list.lastname': ['Lovelace', 'Turing'],
    }
    assert.deepEqual(read(learnerListFrom(form, 'list')), [ada, alan])
  })

  it('takes a file rather than the text', () => {
    assert.equal(
      learnerListFrom({ list: 'old@x.example', 'list.file': 'new@x.example\r\n' }, 'list'),
      'new@x.example',
    )
    assert.equal(learnerListFrom({ list: '\r\n\r\n\tAda', 'list.file': '' }, 'list'), '\tAda')
    assert.equal(learnerListFrom({}, 'list'), '')
  })
})

describe('an uploaded list', () => {
  it('is read as UTF-8, as UTF-16 with its mark, or as a French Excel saves it', () => {
    const text = 'é;ß'
    assert.equal(decodeList(new TextEncoder().encode(`\uFEFF${text}`)), text)
    assert.equal(decodeList(new Uint8Array([0xff, 0xfe, ...Buffer.from(text, 'utf16le')])), text)
    assert.equal(decodeList(new Uint8Array([0xe9, 0x3b, 0x80])), 'é;€')
  })

  it('is refused when it is no text', () => {
    assert.equal(decodeList(new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 6, 0])), undefined)
  })
})
