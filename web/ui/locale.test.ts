import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import {
  formatDate,
  formatDuration,
  formatMoment,
  formatMoney,
  formatRate,
  locale,
  plural,
  preferredLocale,
} from './locale.ts'

describe('the language of a page', () => {
  const app = new Hono().use(locale).get('/', (c) => c.text(c.var.locale))
  const ask = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers })

  it('is what ?lang asks, then what was asked before, then what the browser prefers', async () => {
    const french = { 'accept-language': 'fr-CH, fr;q=0.9, en;q=0.8' }
    assert.equal(await (await ask('/')).text(), 'en')
    assert.equal(await (await ask('/', french)).text(), 'fr')
    assert.equal(await (await ask('/', { ...french, cookie: 'lang=en' })).text(), 'en')
    assert.equal(await (await ask('/?lang=fr', { cookie: 'lang=en' })).text(), 'fr')
  })

  it('is remembered when it was asked for, and said to caches and readers', async () => {
    const asked = await ask('/?lang=fr')
    assert.match(asked.headers.get('set-cookie') ?? '', /^lang=fr; Max-Age=31536000; Path=\/; SameSite=Lax$/)
    assert.equal(asked.headers.get('content-language'), 'fr')
    assert.match(asked.headers.get('vary') ?? '', /accept-language/)
    assert.equal((await ask('/?lang=fr', { cookie: 'lang=fr' })).headers.get('set-cookie'), null)
  })

  it('is one of ours, whatever is sent', async () => {
    for (const hostile of ['de', '', '../x', 'fr"', '__proto__']) {
      const answer = await ask(`/?lang=${encodeURIComponent(hostile)}`, { cookie: `lang=${hostile}` })
      assert.equal(await answer.text(), 'en')
      assert.equal(answer.headers.get('set-cookie'), null)
    }
  })

  it('follows the weights of Accept-Language', () => {
    assert.equal(preferredLocale('de, en;q=0.5, fr;q=0.7'), 'fr')
    assert.equal(preferredLocale('fr;q=0'), 'en')
    assert.equal(preferredLocale('de, *;q=0.1'), 'en')
    assert.equal(preferredLocale(',;q=,-'), 'en')
  })
})

describe('figures', () => {
  // the formats use no-break spaces, which say nothing here
  const plain = (text: string) => text.replaceAll(/\s/gu, ' ')

  it('show amounts as each language writes them', () => {
    assert.equal(formatMoney(129900, 'EUR', 'en'), '€1,299.00')
    assert.equal(plain(formatMoney(129900, 'EUR', 'fr')), '1 299,00 €')
    assert.equal(plain(formatMoney(-5, 'EUR', 'fr')), '-0,05 €')
  })

  it('know currencies without cents, or with three digits', () => {
    assert.equal(formatMoney(1299, 'JPY', 'en'), 'JP¥1,299')
    assert.equal(plain(formatMoney(1299, 'TND', 'en')), 'TND 1.299')
  })

  it('show rates, days and moments', () => {
    assert.equal(formatRate(2000, 'en'), '20%')
    assert.equal(plain(formatRate(550, 'fr')), '5,5 %')
    assert.equal(formatDate('2027-01-31', 'en'), '31 January 2027')
    assert.equal(formatDate('2027-01-31', 'fr'), '31 janvier 2027')
    assert.match(formatMoment(new Date(2027, 0, 31, 14, 5), 'en'), /^31 Jan 2027, 14:05$/)
  })

  it('show durations as people say them', () => {
    const times = [320, 4200, 180_000, 18_000_000, 172_800_000]
    assert.deepEqual(
      times.map((time) => formatDuration(time, 'en')),
      ['320 ms', '4.2 s', '3 min', '5 h', '2 d'],
    )
    assert.equal(formatDuration(4200, 'fr'), '4,2 s')
  })

  it('choose the word for a count: none is singular in French, plural in English', () => {
    const words = { one: 'unit', other: 'units' }
    assert.deepEqual(
      [0, 1, 2].map((count) => plural('en', count, words)),
      ['units', 'unit', 'units'],
    )
    assert.deepEqual(
      [0, 1, 2].map((count) => plural('fr', count, words)),
      ['unit', 'unit', 'units'],
    )
  })
})
