import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { productsTexts } from '../../web/office/products/products-texts.ts'
import { signInTexts } from '../../web/office/sign-in-texts.ts'
import { texts as officeTexts } from '../../web/office/texts.ts'
import { packTexts } from '../../web/packs/pack-texts.ts'
import { accountTexts } from '../../web/storefront/account/account-texts.ts'
import { cartTexts } from '../../web/storefront/cart/cart-texts.ts'
import { entryTexts } from '../../web/storefront/entry/entry-texts.ts'
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

const t = packTexts.en
/** RGPD-01 of the sandbox. */
const course = 4

async function buyPack(page: Page, buyer: string): Promise<void> {
  await page.goto(`${shop.url}/entries/PACK-RGPD-10`)
  await page.getByRole('button', { name: entryTexts.en.add }).click()
  await page.waitForURL(/\/cart/)
  await page.getByRole('button', { name: cartTexts.en.checkout }).click()
  await page.waitForURL(/\/checkout/)
  await page.locator('input[name$="firstname"]').fill('Alice')
  await page.locator('input[name$="lastname"]').fill('Martin')
  await page.locator('input[name$="email"]').fill(buyer)
  await page.locator('input[value="test_card"]').check()
  await page.locator('input[type="checkbox"]').last().check()
  await page.locator('main form button[type="submit"]').last().click()
  await page.waitForURL(/\/test-card\//)
  await page.locator('button').first().click()
  await page.waitForURL(/\/orders\//)
  await settled(page, () => page.getByRole('link', { name: t.openPack }).isVisible())
}

async function signIn(page: Page, email: string): Promise<void> {
  const words = accountTexts.en.signIn
  await page.goto(`${shop.url}/account/sign-in`)
  await page.getByLabel(words.email).fill(email)
  await page.getByRole('button', { name: words.send }).click()
  await page.waitForLoadState()
  await page.goto(await shop.signInLink(email))
  await page.getByRole('button', { name: words.enter }).click()
  await page.waitForURL(/\/account$/)
}

/** Loads a page again until something shows, as its refresh does without JavaScript. */
async function settled(page: Page, shows: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await shows())) {
    assert.ok(Date.now() < deadline, `waited in vain on ${page.url()}`)
    await page.waitForTimeout(100)
    await page.reload()
  }
}

/** The people of a domain in the course that the pack opens, as Moodle's own page shows them now. */
async function enrolments(domain: string): Promise<{ email: string; open: boolean; until: string }[]> {
  const page = await browser.newPage()
  await page.goto(`${shop.sandboxUrl}/course/view.php?id=${course}`)
  const rows = await page
    .locator('table.people tbody tr')
    .filter({ hasText: `@${domain}` })
    .all()
  const people = await Promise.all(
    rows.map(async (row) => ({
      email: await row.locator('.email').innerText(),
      open: await row.locator('.badge.open').isVisible(),
      until: (await row.locator('td').nth(2).locator('time').getAttribute('datetime')) ?? '',
    })),
  )
  await page.close()
  return people
}

/** Who gets into it. */
async function inCourse(domain: string): Promise<string[]> {
  const open = (await enrolments(domain)).filter((enrolment) => enrolment.open)
  return open.map(({ email }) => email.split('@')[0] ?? '').sort()
}

/** The last day of somebody in that course. */
async function endOf(domain: string, who: string): Promise<string | undefined> {
  const enrolment = (await enrolments(domain)).find(({ email }) => email === `${who}@${domain}`)
  return enrolment && new Date(Date.parse(enrolment.until) - 1000).toISOString().slice(0, 10)
}

/** Nothing on the page is what axe calls serious, in light and dark. Without JavaScript axe never ends. */
async function beSound(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    assert.deepEqual(await accessibilityFaults(page), [], `${page.url()}, ${colorScheme}`)
  }
}

async function enterOffice(page: Page): Promise<void> {
  const words = signInTexts.en
  await page.goto(`${shop.url}/office`)
  await page.getByLabel(words.email).fill(shop.operator.email)
  await page.getByLabel(words.password).fill(shop.operator.password)
  await page.getByRole('button', { name: words.enter }).click()
  await page.waitForURL(`${shop.url}/office`)
}

for (const javaScriptEnabled of [true, false]) {
  describe(`the buyer of a pack of 10 seats, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, () => {
    it('gives them to a list with two bad rows, takes one back, gives it on, and Moodle agrees each time', async () => {
      const domain = javaScriptEnabled ? 'team.example' : 'plain.example'
      const buyer = `alice@${domain}`
      const context = await browser.newContext({ locale: 'en', javaScriptEnabled })
      context.setDefaultTimeout(20_000)
      const page = await context.newPage()
      await buyPack(page, buyer)
      await signIn(page, buyer)
      await page.getByRole('link', { name: 'GDPR in practice, pack of 10' }).click()
      await page.getByText(t.used(0, '0', '10')).waitFor()

      // As copied from a spreadsheet: one address is no address, one comes twice.
      const people = Array.from({ length: 10 }, (_, i) => `Learner\tNumber ${i}\tl${i}@${domain}`)
      people[3] = 'Learner\tNumber 3\tnobody'
      people[7] = `Learner\tNumber 7\tl2@${domain}`
      await page.getByLabel(t.list, { exact: true }).fill(people.join('\n'))
      await page.getByRole('button', { name: t.check }).click()
      await page.locator('[aria-invalid="true"]').first().waitFor()
      if (javaScriptEnabled) await beSound(page)
      assert.deepEqual(await inCourse(domain), [], 'nothing happens before the list is right')

      // Corrected in place: the wrong address, and both rows of the repeated one stand there.
      const emails = page.locator('.learner-rows input[name="learners.email"]')
      for (let i = 0; i < (await emails.count()); i++) {
        const value = await emails.nth(i).inputValue()
        if (value === 'nobody') await emails.nth(i).fill(`l3@${domain}`)
      }
      await emails.last().fill(`l7@${domain}`)
      await page.getByRole('button', { name: t.check }).click()
      await page.getByRole('heading', { name: t.confirmTitle('10') }).waitFor()
      if (javaScriptEnabled) await beSound(page)
      assert.deepEqual(await inCourse(domain), [], 'nor before it is confirmed')

      await page.getByRole('button', { name: t.confirmButton('10') }).click()
      await page.waitForURL(/\/batches\//)
      await settled(page, () => page.getByText(t.batchDone).isVisible())
      if (javaScriptEnabled) await beSound(page)
      assert.deepEqual(
        await inCourse(domain),
        Array.from({ length: 10 }, (_, i) => `l${i}`),
      )

      // One is taken back: nobody has it, and its learner is out, not forgotten.
      await page.getByRole('link', { name: t.backToPack }).click()
      await page.getByText(t.used(10, '10', '10')).waitFor()
      if (javaScriptEnabled) await beSound(page)
      await page.getByRole('row', { name: /l4@/ }).getByRole('link', { name: t.manage }).click()
      await page.getByText('Take back', { exact: true }).click()
      await page
        .locator('details[open]')
        .getByRole('button', { name: accountTexts.en.product.confirm })
        .click()
      await page.getByText(accountTexts.en.product.outcomes.done).waitFor()
      assert.ok(!(await inCourse(domain)).includes('l4'))

      // And given to somebody else.
      await page.getByRole('link', { name: accountTexts.en.product.pack }).click()
      await page.getByText(t.used(9, '9', '10')).waitFor()
      await page.getByLabel('Learner’s e-mail').fill(`late@${domain}`)
      await page.getByLabel('First name').fill('Late')
      await page.getByLabel('Last name').fill('Comer')
      await page.getByRole('button', { name: t.giveButton }).click()
      await page.getByText(t.given).waitFor()
      assert.ok((await inCourse(domain)).includes('late'))
      const pack = new URL(page.url()).pathname.split('/').at(-1) ?? ''

      // An operator extends one seat and refunds another, from the same pack.
      await enterOffice(page)
      const office = productsTexts.en
      const manage = async (who: string) => {
        await page.goto(`${shop.url}/office/packs/${pack}`)
        await page
          .getByRole('row', { name: new RegExp(`${who}@`) })
          .getByRole('link', { name: t.manage })
          .click()
      }
      await manage('l5')
      await page.getByText('Change the end date', { exact: true }).click()
      await page.getByLabel('Last day of access').fill('2031-05-31')
      await page.locator('details[open]').getByRole('button', { name: office.confirm }).click()
      await page.getByText('31 May 2031').first().waitFor()
      assert.equal(await endOf(domain, 'l5'), '2031-05-31')
      await manage('l6')
      await page.getByText(office.refund, { exact: true }).click()
      await page.getByLabel('Why').fill('left the company')
      await page.getByRole('button', { name: office.refundNow }).click()
      await page.getByText(officeTexts.en.done.refunded).waitFor()
      const left = await inCourse(domain)
      assert.ok(!left.includes('l6') && left.includes('l5') && left.includes('late'), left.join())
      await page.goto(`${shop.url}/office/packs/${pack}`)
      await page.getByText(t.used(9, '9', '10')).waitFor()
      await context.close()
    })
  })
}
