import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testShop } from '../test/shop.ts'
import type { EntryDraft } from './check-entry.ts'
import { findEntry, handlerChoices, listCatalog, listEntries, mostUnits, whyUnavailable } from './entry.ts'
import { saveEntry } from './save-entry.ts'

describe('a catalog entry', async () => {
  const shop = await testShop()
  const text = (en: string) => ({ en, fr: en })
  let made = 0
  const draft = (more: Partial<EntryDraft> = {}): EntryDraft => ({
    code: `ENTRY-${++made}`,
    title: text('Excel'),
    summary: text('Tables'),
    description: text(''),
    category: text('Office'),
    priceCents: 10_000,
    vatBasisPoints: 2_000,
    handler: 'std_enroloncourse',
    internal: { course: 2 },
    fields: [],
    maxQuantity: null,
    position: 0,
    ...more,
  })
  const onSale = { state: 'on_sale' } as const
  const asDraft = { state: 'draft' } as const

  it('goes on sale when it is sound, with its parameters as the handler reads them', async () => {
    const saved = await saveEntry(shop.shop, draft({ internal: { course: 2, unknown: 1 } }), onSale)
    assert.ok(saved.ok)
    assert.equal(saved.entry.state, 'on_sale')
    assert.equal(saved.entry.internal.course, 2)
    assert.equal(saved.entry.internal.role, 'student')
    assert.ok(!('unknown' in saved.entry.internal))
    assert.deepEqual(saved.findings, [])
  })

  it('can’t be put on sale with parameters that don’t fit, or that Moodle doesn’t have; it can be kept as a draft', async () => {
    const wrong = [
      {},
      { course: 'two' },
      { course: 2, durationDays: -1 },
      { course: 99_999 },
      { course: 2, role: 'pope' },
    ]
    for (const internal of wrong) {
      const entry = draft({ internal })
      const refused = await saveEntry(shop.shop, entry, onSale)
      assert.ok(!refused.ok && refused.reason === 'invalid', JSON.stringify(internal))
      const told = Object.keys(refused.errors.internal).length + refused.findings.length
      assert.ok(told > 0, 'it says what is wrong')
      assert.equal(await findEntry(shop.db, entry.code), undefined)
      const kept = await saveEntry(shop.shop, entry, asDraft)
      assert.ok(kept.ok)
      assert.equal(kept.entry.state, 'draft')
    }
  })

  it('can’t be put on sale while Moodle can’t be asked', async () => {
    await shop.faults({ fault: 'down' })
    const refused = await saveEntry(shop.shop, draft(), onSale)
    assert.ok(!refused.ok)
    assert.match(refused.findings[0]?.text.en ?? '', /could not be asked/)
    await shop.faults()
    await shop.site.probe()
    assert.ok((await saveEntry(shop.shop, draft(), onSale)).ok)
  })

  it('says at each field what is wrong with it', async () => {
    for (const [field, wrong] of [
      ['code', { code: 'lower' }],
      ['code', { code: 'A' }],
      ['title', { title: { en: 'A', fr: ' ' } }],
      ['price', { priceCents: -1 }],
      ['price', { priceCents: 1.5 }],
      ['price', { priceCents: Number.NaN }],
      ['vat', { vatBasisPoints: 10_001 }],
      ['maxQuantity', { maxQuantity: 0 }],
      ['maxQuantity', { maxQuantity: 501 }],
    ] as const) {
      const refused = await saveEntry(shop.shop, draft(wrong), asDraft)
      assert.ok(!refused.ok)
      assert.deepEqual(Object.keys(refused.errors.entry), [field])
    }
    const fields = [{ name: 'Bad Name', type: 'text', label: text('x') }]
    const refused = await saveEntry(shop.shop, draft({ fields }), asDraft)
    assert.ok(!refused.ok && refused.errors.fields.length > 0)
  })

  it('is not overwritten by an editor who has an old copy, nor by a new entry of its code', async () => {
    const first = draft()
    const saved = await saveEntry(shop.shop, first, asDraft)
    assert.ok(saved.ok)
    const { revision } = saved.entry
    const edits = await Promise.all([
      saveEntry(shop.shop, { ...first, priceCents: 1 }, { ...asDraft, revision }),
      saveEntry(shop.shop, { ...first, priceCents: 2 }, { ...asDraft, revision }),
    ])
    assert.equal(edits.filter(({ ok }) => ok).length, 1)
    assert.ok(edits.some((edit) => !edit.ok && edit.reason === 'stale'))
    const again = await saveEntry(shop.shop, first, asDraft)
    assert.ok(!again.ok && again.reason === 'code_taken')
  })

  it('offers standard and extension handlers, and a specific one to the entry of its code alone', async () => {
    const choices = handlerChoices(shop.shop).map(({ id }) => id)
    assert.ok(choices.includes('std_enroloncourse') && choices.includes('ext_steps'))
    assert.ok(!choices.includes('DEMO-MASTERCLASS'))
    const elsewhere = await saveEntry(shop.shop, draft({ handler: 'specific' }), onSale)
    assert.ok(!elsewhere.ok)
    assert.equal(elsewhere.findings[0]?.field, 'handler')
    const internal = { venue: 'Lyon', day: '2031-05-01' }
    const there = draft({ code: 'DEMO-MASTERCLASS', handler: 'specific', internal })
    const saved = await saveEntry(shop.shop, there, onSale)
    assert.ok(saved.ok)
    assert.equal(mostUnits(shop.shop, saved.entry), 4, 'its handler caps the units')
    assert.equal(mostUnits(shop.shop, { ...saved.entry, maxQuantity: 2 }), 2)
    assert.equal(mostUnits(shop.shop, { ...saved.entry, maxQuantity: 50 }), 4)
    const none = await saveEntry(shop.shop, draft({ handler: null, internal: { x: 1 } }), onSale)
    assert.ok(none.ok)
    assert.deepEqual(none.entry.internal, {})
  })

  it('is not for sale while its handler is missing, and hurts nobody else', async () => {
    const orphan = await shop.sell({ handler: 'ext_gone' })
    const healthy = await shop.sell({ handler: null })
    const entry = await findEntry(shop.db, orphan)
    assert.ok(entry)
    assert.match((await whyUnavailable(shop.shop, entry))?.en ?? '', /not for sale/)
    const codes = (await listCatalog(shop.shop, { limit: 100 })).entries.map((one) => one.code)
    assert.ok(codes.includes(healthy) && !codes.includes(orphan))
    assert.ok((await listEntries(shop.db, { limit: 500 })).entries.some((one) => one.code === orphan))
  })

  it('is listed in the catalog’s order, page by page, each once', async () => {
    const seen: string[] = []
    let next: { position: number; id: number } | undefined
    do {
      const page = await listCatalog(shop.shop, { after: next, limit: 3 })
      seen.push(...page.entries.map(({ code }) => code))
      next = page.next
    } while (next)
    const whole = (await listCatalog(shop.shop, { limit: 500 })).entries.map(({ code }) => code)
    assert.deepEqual(seen, whole)
  })

  it('is found by what its code and titles contain, with signs that SQL knows taken as they are', async () => {
    const { code } = draft()
    await saveEntry(
      shop.shop,
      { ...draft(), code, title: { en: '100 % SQL_2', fr: 'Cent pour cent' } },
      asDraft,
    )
    const codes = async (search: string) =>
      (await listEntries(shop.db, { search })).entries.map((one) => one.code)
    for (const search of [code.toLowerCase(), '100 %', 'sql_2', 'pour CENT']) {
      assert.deepEqual(await codes(search), [code], search)
    }
    assert.deepEqual(await codes('100_%'), [])
    assert.deepEqual(await codes(`' or 1=1 --`), [])
  })
})
