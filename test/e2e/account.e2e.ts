import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { accountTexts } from '../../web/storefront/account/account-texts.ts'
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

const buyer = { email: 'Alice@buyers.example', firstname: 'Alice', lastname: 'Martin' }
const bob = { email: 'bob@learners.example', firstname: 'Bob', lastname: 'Durand' }
const eve = { email: 'eve@learners.example', firstname: 'Eve', lastname: 'Petit' }
type Person = typeof buyer

async function fill(page: Page, prefix: string, { email, firstname, lastname }: Person, nth = 0) {
  for (const [name, value] of Object.entries({ email, firstname, lastname })) {
    await page.locator(`input[name$="${prefix}${name}"]`).nth(nth).fill(value)
  }
}

/** Buys one unit for each of these people, by test card, and waits until all is there. */
async function buy(page: Page, people: Person[]) {
  await page.goto(`${shop.url}/entries/SQL-201`)
  await page.getByLabel(entryTexts.en.quantity).fill(String(people.length))
  await page.getByRole('button', { name: entryTexts.en.add }).click()
  for (const [nth, person] of people.entries()) await fill(page, '.external.', person, nth)
  await page.getByRole('button', { name: cartTexts.en.checkout }).click()
  await page.waitForURL(/\/checkout/)
  await fill(page, 'customer.', buyer)
  await page.locator('input[value="test_card"]').check()
  await page.locator('input[name="terms"]').check()
  await page.locator('main form button[type="submit"]').last().click()
  await page.waitForURL(/\/test-card\//)
  await page.locator('button').first().click()
  await page.waitForURL(/\/orders\//)
  const done = page.getByRole('heading', { name: orderTexts.en.situations.completed.title })
  for (let tries = 0; tries < 40 && !(await done.isVisible()); tries++) await page.reload()
  await done.waitFor()
}

/** Whom the course is open for, as Moodle shows it. */
async function enrolled(person: Person): Promise<string> {
  const page = await browser.newPage()
  await page.goto(`${shop.sandboxUrl}/?email=${encodeURIComponent(person.email)}`)
  const text = await page.locator('body').innerText()
  await page.close()
  return text
}

describe('a customer without JavaScript', () => {
  it('signs in by a mailed link, hands a product over, and signs out', async () => {
    const t = accountTexts.en
    const context = await browser.newContext({ locale: 'en', javaScriptEnabled: false })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    await buy(page, [buyer, bob])

    // From the order, a product's page is a sign-in away.
    await page
      .getByRole('link', { name: /Manage/ })
      .first()
      .click()
    await page.getByLabel(t.signIn.email).fill('ALICE@buyers.example')
    await page.getByRole('button', { name: t.signIn.send }).click()
    await page.getByRole('heading', { name: t.signIn.sent }).waitFor()
    const link = await shop.signInLink('alice@buyers.example')
    await page.goto(link)
    await page.getByRole('button', { name: t.signIn.enter }).click()
    await page.waitForURL(/\/account\/products\//)

    await page.getByRole('link', { name: t.products }).first().click()
    const others = page.locator('section', { hasText: t.lists.others })
    await others.getByRole('link').first().click()
    await page.getByRole('heading', { name: t.product.theirAccess('Bob Durand') }).waitFor()
    const handOver = page.locator('details', { hasText: 'Hand over to another learner' })
    await handOver.locator('summary').click()
    await fill(page, 'handOver.', { ...eve, email: 'eve@' })
    await handOver.getByRole('button', { name: t.product.confirm }).click()
    // What is wrong stands at its field, in the form that is still open.
    await page.locator('[aria-invalid="true"]').waitFor()
    await fill(page, 'handOver.', eve)
    await page.getByRole('button', { name: t.product.confirm }).click()
    await page.getByRole('heading', { name: t.product.theirAccess('Eve Petit') }).waitFor()
    assert.match(await page.locator('main').innerText(), new RegExp(t.product.outcomes.done))
    assert.match(await enrolled(eve), /SQL/)

    await page.goto(`${shop.url}/account/orders`)
    assert.equal(await page.locator('tbody tr').count(), 1)
    await page.getByRole('button', { name: t.signOut }).click()
    await page.goto(`${shop.url}/account`)
    await page.getByRole('heading', { name: t.signIn.title }).waitFor()
    await page.goto(link)
    await page.getByRole('heading', { name: t.signIn.stale }).waitFor()
    await context.close()
  })

  it('finds pages that axe has nothing serious to say of, in light and dark', async () => {
    const context = await browser.newContext({ locale: 'en' })
    const page = await context.newPage()
    await page.goto(`${shop.url}/account`)
    await page.getByLabel(accountTexts.en.signIn.email).fill('alice@buyers.example')
    await page.getByRole('button', { name: accountTexts.en.signIn.send }).click()
    await page.getByRole('heading', { name: accountTexts.en.signIn.sent }).waitFor()
    await page.goto(await shop.signInLink('alice@buyers.example'))
    const link = page.url()
    const wrong = await accessibilityFaults(page)
    await page.getByRole('button', { name: accountTexts.en.signIn.enter }).click()
    const product = await page.locator('.own-product a').first().getAttribute('href')
    for (const path of ['/account', '/account/orders', product ?? '', new URL(link).pathname]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.goto(shop.url + path)
        wrong.push(...(await accessibilityFaults(page)).map((fault) => `${path} (${colorScheme}) ${fault}`))
      }
    }
    await context.close()
    assert.deepEqual(wrong, [])
  })
})
