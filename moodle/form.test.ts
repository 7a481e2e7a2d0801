import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeForm, formFields } from './form.ts'

describe('the form of a call', () => {
  it('is what the recorded calls carry', () => {
    const user = {
      username: 'u1a62f55',
      firstname: 'Élodie',
      lastname: "D'Été",
      email: 'u1a62f55@example.org',
    }
    assert.deepEqual(
      [...new URLSearchParams(encodeForm({ users: [user] }))],
      [
        ...new URLSearchParams(
          'users%5B0%5D%5Busername%5D=u1a62f55&users%5B0%5D%5Bfirstname%5D=%C3%89lodie&users%5B0%5D%5Blastname%5D=D%27%C3%89t%C3%A9&users%5B0%5D%5Bemail%5D=u1a62f55%40example.org',
        ),
      ],
    )
    const enrolment = {
      roleid: 5,
      userid: 5,
      courseid: 2,
      timestart: 1767225600,
      timeend: 1798761600,
      suspend: true,
    }
    assert.equal(
      encodeForm({ enrolments: [enrolment] }),
      'enrolments%5B0%5D%5Broleid%5D=5&enrolments%5B0%5D%5Buserid%5D=5&enrolments%5B0%5D%5Bcourseid%5D=2&enrolments%5B0%5D%5Btimestart%5D=1767225600&enrolments%5B0%5D%5Btimeend%5D=1798761600&enrolments%5B0%5D%5Bsuspend%5D=1',
    )
    assert.equal(encodeForm({ options: { ids: [2] } }), 'options%5Bids%5D%5B0%5D=2')
    const member = { cohorttype: { type: 'idnumber', value: 'CO1' }, usertype: { type: 'id', value: 5 } }
    assert.equal(
      encodeForm({ members: [member] }),
      'members%5B0%5D%5Bcohorttype%5D%5Btype%5D=idnumber&members%5B0%5D%5Bcohorttype%5D%5Bvalue%5D=CO1&members%5B0%5D%5Busertype%5D%5Btype%5D=id&members%5B0%5D%5Busertype%5D%5Bvalue%5D=5',
    )
  })

  it('writes booleans as 0 and 1 and leaves out what is not there', () => {
    assert.equal(
      encodeForm({ visible: true, hidden: false, none: undefined, empty: null, text: '' }),
      'visible=1&hidden=0&text=',
    )
    assert.equal(encodeForm({ list: [], nested: {} }), '')
  })

  it('keeps any text whole', () => {
    const text = 'a+b &=%[é]\n"\u{1F393}'
    assert.equal(new URLSearchParams(encodeForm({ note: text })).get('note'), text)
  })

  it('names the value that no form can carry', () => {
    assert.throws(() => encodeForm({ users: [{ at: new Date(0) }] }), /users\[0\]\[at\] can't be written/)
    assert.throws(() => encodeForm({ timeend: Number.NaN }), /timeend can't be written/)
    assert.throws(() => encodeForm({ done: () => 1 }), /done can't be written/)
  })

  it('refuses the fields that PHP would drop in silence', () => {
    const list = (length: number) => ({ ids: Array.from({ length }, (_, i) => i) })
    assert.doesNotThrow(() => encodeForm(list(formFields)))
    assert.throws(() => encodeForm(list(formFields + 1)), RangeError)
  })
})
