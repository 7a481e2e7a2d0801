import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { orderTexts as officeOrderTexts } from '../../web/office/orders/order-texts.ts'
import { signInTexts } from '../../web/office/sign-in-texts.ts'
import { cartTexts } from '../../web/storefront/cart/cart-texts.ts'
import { entryTexts } from '../../web/storefront/entry/entry-texts.ts'
import { orderTexts } from '../../web/storefront/order/order-texts.ts'
import { accessibilityFaults } from '../accessibility.ts'
import { openBrowser } from '../chromium.ts'
import { openWholeShop, type WholeShop } from './open-whole-shop.ts'

type Locale = 'en' | 'fr'

let shop: WholeShop
let browser: Browser
let orders = 0

before(async () => {
  ;[shop, browser] = await Promise.all([openWholeShop(), openBrowser()])
})
after(async () => {
  await browser?.close()
  await shop?.stop()
})

async function open(
  locale: Locale,
  javaScriptEnabled: boolean,
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    locale,
    javaScriptEnabled,
    viewport: { width: 1280, height: 900 },
  })
  context.setDefaultTimeout(20_000)
  return { context, page: await context.newPage() }
}

/** Puts three units into the cart, mends an error in one of them, and comes to the checkout. Returns the learners. */
async function fillCart(page: Page, locale: Locale): Promise<string[]> {
  const t = cartTexts[locale]
  const tag = `${locale}${++orders}`
  const learners = [
    `alice-${tag}@buyers.example`,
    `bob-${tag}@learners.example`,
    `eve-${tag}@learners.example`,
  ]
  await page.goto(`${shop.url}/entries/SQL-201`)
  await page.getByLabel(entryTexts[locale].quantity).fill('3')
  await page.getByRole('button', { name: entryTexts[locale].add }).click()
  await page.waitForURL(/\/cart/)

  const emails = page.locator('input[name$=".external.email"]')
  await page.getByLabel(t.forMe).first().check()
  for (const unit of [1, 2]) {
    await emails.nth(unit).fill(unit === 1 ? 'bob@' : (learners[unit] ?? ''))
    await page.locator('input[name$=".external.firstname"]').nth(unit).fill(`Bob ${unit}`)
    await page.locator('input[name$=".external.lastname"]').nth(unit).fill('Durand')
  }
  await page.getByRole('button', { name: t.checkout }).click()
  // The error stands at its unit and field, and nothing of what was typed is lost.
  await page.locator('[aria-invalid="true"]').first().waitFor()
  assert.equal(await page.locator('[aria-invalid="true"]').count(), 1)
  assert.equal(await emails.nth(1).inputValue(), 'bob@')
  assert.equal(await emails.nth(2).inputValue(), learners[2])
  await emails.nth(1).fill(learners[1] ?? '')
  await page.getByRole('button', { name: t.checkout }).click()
  await page.waitForURL(/\/checkout/)
  return learners
}

async function placeOrder(page: Page, means: 'test_card' | 'transfer', buyer: string) {
  await page.locator('input[name$="firstname"]').fill('Alice')
  await page.locator('input[name$="lastname"]').fill('Martin')
  await page.locator('input[name$="email"]').fill(buyer)
  await page.locator(`input[value="${means}"]`).check()
  await page.locator('input[type="checkbox"]').last().check()
  await page.locator('main form button[type="submit"]').last().click()
}

/** Waits for the page of an order to say this; without JavaScript, by loading it again as its refresh does. */
async function waitFor(page: Page, words: string, javaScript: boolean) {
  const found = page.getByRole('heading', { name: words })
  for (let tries = 0; tries < 40 && !javaScript; tries++) {
    if (await found.isVisible()) return
    await page.reload()
  }
  await found.waitFor()
}

async function enrolled(emails: string[]): Promise<string> {
  const page = await browser.newPage()
  const seen: string[] = []
  for (const email of emails) {
    await page.goto(`${shop.sandboxUrl}/?email=${encodeURIComponent(email)}`)
    if ((await page.locator('body').innerText()).includes('SQL')) seen.push(email)
  }
  await page.close()
  return seen.join(' ')
}

async function signIn(page: Page, locale: Locale) {
  const t = signInTexts[locale]
  await page.goto(`${shop.url}/office`)
  await page.getByLabel(t.email).fill(shop.operator.email)
  await page.getByLabel(t.password).fill(shop.operator.password)
  await page.getByRole('button', { name: t.enter }).click()
  await page.waitForURL(`${shop.url}/office`)
}

for (const locale of ['en', 'fr'] as const) {
  for (const javaScript of [true, false]) {
    describe(`a customer, ${locale === 'en' ? 'in English' : 'in French'}, ${javaScript ? 'with' : 'without'} JavaScript`, () => {
      it('buys three units by test card, mends an error, and follows them until they are produced', async () => {
        const { context, page } = await open(locale, javaScript)
        const learners = await fillCart(page, locale)
        await placeOrder(page, 'test_card', learners[0] ?? '')
        await page.waitForURL(/\/test-card\//)
        await page.locator('button').first().click()
        await page.waitForURL(/\/orders\//)
        await waitFor(page, orderTexts[locale].situations.completed.title, javaScript)
        assert.equal(await enrolled(learners), learners.join(' '))
        await context.close()
      })

      it('pays by transfer, which an operator validates: first too little, then the rest', async () => {
        const { context, page } = await open(locale, javaScript)
        const learners = await fillCart(page, locale)
        await placeOrder(page, 'transfer', learners[0] ?? '')
        await page.waitForURL(/\/orders\//)
        const order = page.url()
        const number = new URL(order).pathname.split('/')[2] ?? ''
        assert.match(await page.locator('main').innerText(), /RF\d\d/)

        await signIn(page, locale)
        const t = officeOrderTexts[locale]
        const validate = async (amount: string, reference: string) => {
          await page.goto(`${shop.url}/office/orders/${number}`)
          await page.getByLabel(t.amount).fill(amount)
          await page.getByLabel(t.reference).fill(reference)
          await page.getByRole('button', { name: t.validate, exact: true }).click()
          await page.waitForLoadState()
        }
        await validate('1000,00', `vir-${number}-1`)
        await page.goto(order)
        await waitFor(page, orderTexts[locale].situations.part_paid.title, javaScript)
        assert.equal(await enrolled(learners), '', 'nothing is produced before the whole amount is there')
        await validate('80.00', `vir-${number}-2`)
        await page.goto(order)
        await waitFor(page, orderTexts[locale].situations.completed.title, javaScript)
        assert.equal(await enrolled(learners), learners.join(' '))
        await context.close()
      })
    })
  }
}

describe('every page', () => {
  it('has nothing that axe calls serious, in light and dark, for customers and operators', async () => {
    const { context, page } = await open('en', true)
    const learners = await fillCart(page, 'en')
    const pages = [
      '/',
      '/entries/SQL-201',
      '/entries/DEMO-MASTERCLASS',
      '/cart',
      '/checkout',
      '/terms',
      '/privacy',
      '/legal',
      '/nowhere',
      '/account/sign-in',
      '/account/sign-in?sent',
    ]
    await page.goto(`${shop.url}/checkout`)
    await placeOrder(page, 'transfer', learners[0] ?? '')
    await page.waitForURL(/\/orders\//)
    const number = new URL(page.url()).pathname.split('/')[2]
    pages.push(new URL(page.url()).pathname, '/office/sign-in')
    const inOffice = [
      '',
      '/entries',
      '/entries/new',
      '/entries/DATA-PATH',
      '/entries/SQL-201',
      '/orders',
      `/orders/${number}`,
      '/payments',
      '/productions',
      '/productions/1',
      '/products',
      '/handlers',
      '/site',
      '/mails',
      '/account',
      '/operators',
    ].map((path) => `/office${path}`)
    const wrong: string[] = []
    const look = async (paths: string[]) => {
      for (const path of paths) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await page.goto(shop.url + path)
          wrong.push(...(await accessibilityFaults(page)).map((fault) => `${path} (${colorScheme}) ${fault}`))
        }
      }
    }
    await look(pages)
    await signIn(page, 'en')
    await look(inOffice)
    await context.close()
    assert.deepEqual(wrong, [])
  })
})
