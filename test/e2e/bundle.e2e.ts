import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { cartTexts } from '../../web/storefront/cart/cart-texts.ts'
import { entryTexts } from '../../web/storefront/entry/entry-texts.ts'
import { orderTexts } from '../../web/storefront/order/order-texts.ts'
import { accessibilityFaults } from '../accessibility.ts'
import { openBrowser } from '../chromium.ts'
import { openWholeShop, type WholeShop } from './open-whole-shop.ts'

let shop: WholeShop
let browser: Browser

before(async () => {
  ;[shop, browser] = await Promise.all([openWholeShop(), openBrowser()])
})
after(async () => {
  await browser?.close()
  await shop?.stop()
})

const t = cartTexts.en
const courses = ['DATA-101', 'SQL-201']
const field = (page: Page, part: string, name: string) =>
  page.locator(`input[name$="${part}-1.external.${name}"]`)

async function name(page: Page, part: string, email: string) {
  await field(page, part, 'email').fill(email)
  await field(page, part, 'firstname').fill('Léa')
  await field(page, part, 'lastname').fill('Blanc')
}

/** The bundle of the demo in a cart, with the notebook's address. */
async function openCart(javaScriptEnabled: boolean): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', javaScriptEnabled })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  await page.goto(`${shop.url}/entries/DATA-PATH`)
  assert.match(await page.locator('main').innerText(), /You save €99\.00/)
  if (javaScriptEnabled) assert.deepEqual(await accessibilityFaults(page), [])
  await page.getByRole('button', { name: entryTexts.en.add }).click()
  await page.waitForURL(/\/cart/)
  for (const input of await page.locator('[name*="CARNET-96-1.fields."]').all()) {
    await input.fill('12 rue des Lilas, 69003 Lyon')
  }
  return page
}

/** Orders what is in the cart, pays it by test card, and waits until it is all produced. */
async function buy(page: Page) {
  await page.getByRole('button', { name: t.checkout }).click()
  await page.waitForURL(/\/checkout/)
  assert.match(await page.locator('.totals').innerText(), /1 × SQL for analysts[\s\S]*€520\.00/)
  await page.locator('input[name$="firstname"]').fill('Alice')
  await page.locator('input[name$="lastname"]').fill('Martin')
  await page.locator('input[name$="email"]').fill('alice@buyers.example')
  await page.locator('input[value="test_card"]').check()
  await page.locator('input[type="checkbox"]').last().check()
  await page.locator('main form button[type="submit"]').last().click()
  await page.waitForURL(/\/test-card\//)
  await page.locator('button').first().click()
  await page.waitForURL(/\/orders\//)
  const done = page.getByRole('heading', { name: orderTexts.en.situations.completed.title })
  for (let tries = 0; tries < 40 && !(await done.isVisible()); tries++) await page.reload()
  await done.waitFor()
}

/** The courses of the bundle in which Moodle has this person. */
async function coursesOf(email: string): Promise<string[]> {
  const reply = await fetch(`${shop.sandboxUrl}/sandbox/state?email=${encodeURIComponent(email)}`)
  const state: { courses: { shortname: string; enrolments: unknown[] }[] } = JSON.parse(await reply.text())
  return state.courses
    .filter(({ enrolments }) => enrolments.length > 0)
    .map(({ shortname }) => shortname)
    .filter((shortname) => courses.includes(shortname))
    .sort()
}

describe('a bundle', () => {
  it('is bought without JavaScript for one person, who is named once and gets every part', async () => {
    const page = await openCart(false)
    await page.getByRole('button', { name: t.checkout }).click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
    assert.equal(await page.locator('[aria-invalid="true"]:visible').count(), 3, 'each thing once')
    await name(page, 'DATA-101', 'lea@learners.example')
    await buy(page)
    assert.deepEqual(await coursesOf('lea@learners.example'), courses)
    const told = await page.locator('main').innerText()
    assert.match(told, /From spreadsheet to SQL[\s\S]*SQL for analysts[\s\S]*Léa Blanc/)
    await page.context().close()
  })

  it('is bought for two persons, once the box is unticked', async () => {
    const page = await openCart(true)
    await name(page, 'DATA-101', 'zoe@learners.example')
    assert.equal(await field(page, 'SQL-201', 'email').isVisible(), false)
    await page.getByLabel(t.sameLearner).uncheck()
    await name(page, 'SQL-201', 'max@learners.example')
    assert.deepEqual(await accessibilityFaults(page), [])
    await buy(page)
    assert.deepEqual(await accessibilityFaults(page), [])
    assert.deepEqual(await coursesOf('zoe@learners.example'), ['DATA-101'])
    assert.deepEqual(await coursesOf('max@learners.example'), ['SQL-201'])
    await page.context().close()
  })
})
