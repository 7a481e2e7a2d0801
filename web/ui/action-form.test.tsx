import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import type { Product } from '../../sdk/index.ts'
import { learnerList } from '../../sdk/learner-list.ts'
import type { OfferedAction } from '../../shop/product.ts'
import { ActionForm, readActionForm } from './action-form.tsx'

const text = (en: string, fr = en) => ({ en, fr })

const product: Product = {
  id: 1,
  reference: 'AAAA-BBBB-CCCC-DDDD',
  key: 'access',
  title: text('Access'),
  holder: null,
  startsAt: new Date(),
  endsAt: null,
  addedDays: 0,
  state: 'active',
  data: {},
}

const asking = (input: z.ZodObject): OfferedAction => ({
  title: text('Invite people'),
  audience: 'both',
  input,
  run: () => Promise.resolve({}),
})

const draw = (action: OfferedAction) =>
  String(
    <ActionForm
      {...{ name: 'invite', action, product }}
      to="/act"
      csrf="token"
      confirm="Confirm"
      sent={undefined}
      locale="en"
    />,
  )

describe('the form of an after-sale action', () => {
  it('takes a file where it asks for a list of people, and reads the list from it', () => {
    const action = asking(z.object({ people: learnerList({ label: text('People'), max: 9 }) }))
    const html = draw(action)
    assert.match(html, /<form[^>]*enctype="multipart\/form-data"/)
    assert.match(html, /<input type="file"[^>]*name="invite\.people\.file"/)
    const sent = { 'invite.people': '', 'invite.people.file': 'ada@example.com;Ada;Lovelace\n' }
    assert.deepEqual(readActionForm('invite', action, sent).values, {
      people: 'ada@example.com;Ada;Lovelace',
    })
  })

  it('is an ordinary form where no list is asked', () => {
    const html = draw(asking(z.object({ why: z.string().meta({ label: text('Why') }) })))
    assert.doesNotMatch(html, /multipart|type="file"/)
  })
})
