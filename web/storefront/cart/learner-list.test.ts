import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { transfer } from '../../../payments/transfer.ts'
import { testFace } from '../../../test/face.ts'
import { testShop } from '../../../test/shop.ts'
import { visitor } from '../../../test/visitor.ts'
import { limitBody, security, type WebEnv } from '../../security.ts'
import { storefront } from '../storefront.tsx'

describe('a list of people in the cart', async () => {
  const test = await testShop({ means: [transfer({ holder: 'Atelier', iban: 'FR76 1234', bic: 'AGRI' })] })
  const { shop } = test
  const app = new Hono<WebEnv>()
  app.use(security({ publicUrl: shop.settings.publicUrl, secret: 'x'.repeat(32) }), limitBody)
  app.route('/', storefront(testFace(test)))
  const course = (await shop.site.course('DATA-101'))?.id
  const code = await test.sell({ handler: 'std_setuponecoursesession', internal: { course, seats: 3 } })

  async function cart() {
    const someone = visitor(app, { 'accept-language': 'en' })
    await someone.open(`/entries/${code}`)
    const { html } = await someone.send('/cart/add', { quantity: '1' })
    const [, key] = /name="units" value="([^"]+)"/.exec(html) ?? []
    const prefix = `unit.${key}.external`
    const id = `field-${prefix.replaceAll('.', '-')}-participants`
    const check = (participants: string, more: Record<string, string | string[]> = {}) =>
      someone.send('/cart', {
        intent: 'checkout',
        [`${prefix}.session`]: 'May',
        [`${prefix}.participants`]: participants,
        ...more,
      })
    return { someone, prefix, id, check }
  }

  const wrong =
    'Nom;Prénom;Courriel\nLovelace;Ada;ada.client\nTuring;Alan;alan@client.example\nHopper;;grace@client.example'

  it('tells each wrong row at its row, and links to it', async () => {
    const { id, check } = await cart()
    const { status, html } = await check(wrong)
    assert.equal(status, 422)
    assert.match(html, new RegExp(`<a href="#${id}-row-0-email">[^<]*Participants, line 2, E-mail</a>`))
    assert.match(
      html,
      new RegExp(`<a href="#${id}-row-1-firstname">[^<]*Participants, line 4, First name</a>`),
    )
    assert.match(html, new RegExp(`id="${id}-row-0-email"[^>]*value="ada.client"[^>]*aria-invalid="true"`))
    assert.match(html, new RegExp(`id="${id}-row-0-email-error"`))
    assert.doesNotMatch(html, new RegExp(`id="${id}-row-2-email"`))
  })

  it('takes rows that are corrected in place, and keeps the rest of the text', async () => {
    const { someone, prefix, check } = await cart()
    const { html } = await check(wrong)
    const columns = `${prefix}.participants`
    const sent = await someone.send('/cart', {
      intent: 'checkout',
      [`${columns}.email`]: ['ada@client.example', ''],
      [`${columns}.firstname`]: ['Ada', ''],
      [`${columns}.lastname`]: ['Lovelace', ''],
    })
    assert.match(html, /aria-label="Last name, line 4"/)
    assert.equal(sent.url, '/checkout')
    const { html: again } = await someone.open('/cart')
    assert.match(
      again,
      /Nom;Prénom;Courriel\nLovelace;Ada;ada@client.example\nTuring;Alan;alan@client.example</,
    )
    assert.match(again, /2 people/)
  })

  it('says the first twenty wrong rows of many at the top, and how many there are', async () => {
    const { id, check } = await cart()
    const { html } = await check(
      Array.from({ length: 60 }, (_, n) => `learner.${n};Ada;Learner ${n}`).join('\n'),
    )
    const [summary = ''] = html.split('</ul>')
    assert.match(
      summary,
      new RegExp(`<a href="#${id}">[^<]*Participants</a>: 3 at the most: there are 60\\.`),
    )
    assert.equal([...summary.matchAll(/-email">/g)].length, 20)
    assert.match(html, new RegExp(`id="${id}-row-59-email"`))
  })

  it('takes no more people than there are seats, whoever made the form', async () => {
    const { check } = await cart()
    const four = [1, 2, 3, 4].map((n) => `learner.${n}@client.example;Ada;Learner ${n}`).join('\n')
    const { status, html } = await check(four)
    assert.equal(status, 422)
    assert.match(html, /3 at the most: there are 4\./)
  })

  async function upload(file: Uint8Array<ArrayBuffer>) {
    const { someone, prefix } = await cart()
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(someone.page().html) ?? []
    const [, key = ''] = /name="units" value="([^"]+)"/.exec(someone.page().html) ?? []
    assert.match(someone.page().html, /enctype="multipart\/form-data"/)
    const body = new FormData()
    const fields = { csrf, units: key, intent: 'checkout', [`${prefix}.session`]: 'June' }
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    body.append(`${prefix}.participants`, 'typed@client.example')
    body.append(`${prefix}.participants.file`, new File([file], 'participants.csv'))
    body.append(`${prefix}.supervisors.file`, new File([], ''))
    const cookie = [...someone.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return { someone, answer: await app.request('/cart', { method: 'POST', body, headers: { cookie } }) }
  }

  it('may be a file, as a French spreadsheet saves it', async () => {
    const csv = Buffer.from('Nom;Prénom;E-mail\r\nLefèvre;Chloé;chloe@client.example\r\n', 'latin1')
    const { someone, answer } = await upload(new Uint8Array(csv))
    assert.equal(answer.headers.get('location'), '/checkout')
    assert.match((await someone.open('/cart')).html, /Lefèvre;Chloé;chloe@client\.example/)
  })

  it('says so when the file is no text', async () => {
    const { answer } = await upload(new Uint8Array([0x50, 0x4b, 3, 4, 20, 0]))
    assert.equal(answer.status, 415)
  })
})
