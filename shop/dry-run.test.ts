import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, describe, it } from 'node:test'
import { sql } from 'kysely'
import { encodeForm } from '../moodle/form.ts'
import { readingFunctions } from '../moodle/rehearsing-client.ts'
import { findFunction } from '../moodle/sandbox/functions.ts'
import { readForm } from '../moodle/sandbox/read-form.ts'
import { writeState } from '../moodle/sandbox/state.ts'
import { testShop } from '../test/shop.ts'
import { type DryEntry, type DryRun, dryRun } from './dry-run.ts'

const ada = { email: 'ada@learners.example', firstname: 'Ada', lastname: 'Martin' }

const entryOf = (
  handler: string | null,
  internal: Record<string, unknown> = {},
  code = 'TRY-1',
): DryEntry => ({
  code,
  title: { en: 'A try', fr: 'Un essai' },
  handler,
  internal,
  fields: [],
  priceCents: 12_000,
  vatBasisPoints: 2000,
})

function requireRun(run: DryRun) {
  assert.ok(run.ok, 'why' in run ? run.why.en : '')
  return run
}

const said = (run: DryRun, locale: 'en' | 'fr' = 'en') =>
  requireRun(run).units.flatMap(({ lines }) => lines.map((line) => line.says[locale]))

describe('a dry run', async () => {
  const t = await testShop()
  const { log, state } = t.sandbox.site

  /**
   * All that the database and Moodle hold. What is noted of the site's health comes of asking it; the queue writes of
   * itself by the clock.
   */
  async function everything(): Promise<string> {
    const { rows: tables } = await sql<{ name: string }>`
      select schemaname || '.' || tablename as name from pg_tables
       where schemaname in ('public', 'pgboss')
         and tablename not in ('sites', 'version', 'queue', 'instance') and tablename not like 'queue_stats%'
       order by 1`.execute(t.db)
    const counted = tables.map(async ({ name }) => {
      const { rows } = await sql<{ hash: string }>`
        select md5(string_agg(md5(one::text), '' order by md5(one::text))) as hash from ${sql.table(name)} one`.execute(
        t.db,
      )
      return `${name} ${rows[0]?.hash}`
    })
    return [...(await Promise.all(counted)), writeState(state)].join('\n')
  }

  beforeEach(() => log.functions.clear())

  it('says of a bundle that its parts are tried one by one, and of what was one that it is none now', async () => {
    const code = await t.sell({ handler: null, parts: [{ code: 'OTHER', quantity: 2 }] })
    const bundle = await dryRun(t.shop, {
      ...entryOf(null, {}, code),
      parts: [{ code: 'OTHER', quantity: 2 }],
    })
    assert.ok(!bundle.ok)
    assert.match(bundle.why.en, /one by one \(OTHER\)\.$/)
    const now = await dryRun(t.shop, entryOf('std_enroloncourse', { course: 2 }, code))
    assert.equal(requireRun(now).units[0]?.state, 'produced')
  })

  it('says what would happen, in both languages', async () => {
    const internal = { course: 2, durationDays: 30, group: 1, supportCourse: 5 }
    const run = await dryRun(t.shop, entryOf('std_enroloncourse', internal), [{ external: ada }])
    const { order, totalCents, mails, units } = requireRun(run)
    assert.deepEqual([order, totalCents, mails], ['completed', 12_000, ['order_placed', 'order_paid']])
    assert.deepEqual(units[0]?.feedback?.en, 'Ada Martin is enrolled in “Sauveteur secouriste du travail”.')
    const [product] = units[0]?.products ?? []
    assert.equal(product?.holder?.email, ada.email)
    assert.equal(Number(product?.endsAt) - Number(product?.startsAt), 30 * 86_400_000)
    const [account, buyer, enrolments, group] = said(run)
    assert.equal(
      account,
      'Makes an account for Ada Martin (ada@learners.example); Moodle mails the password.',
    )
    assert.match(buyer ?? '', /^Makes an account for Camille Durand/)
    assert.match(
      enrolments ?? '',
      /^Enrols ada@learners\.example in “Sauveteur secouriste du travail” as student, from \d+ \w+ 20\d\d to \d+ \w+ 20\d\d\. Enrols .* in “Data literacy/,
    )
    assert.equal(group, 'Puts ada@learners.example in the group “Session de janvier”.')
    assert.match(
      said(run, 'fr')[2] ?? '',
      /^Inscrit ada@learners\.example à « Sauveteur .* du \d+ .* au \d+ /,
    )
  })

  it('names the very calls that the sale then makes', async () => {
    const learner = { email: 'grace@learners.example', firstname: 'Grace', lastname: 'Petit' }
    const internal = { course: 4, durationDays: 10, group: 3, role: 'teacher' }
    const planned = requireRun(
      await dryRun(t.shop, entryOf('std_enroloncourse', internal), [{ external: learner }]),
    )
    log.recent.length = 0
    const code = await t.sell({ handler: 'std_enroloncourse', internal })
    const { number } = await t.placed(code, [learner])
    await t.pay(number)
    await t.takeOver()
    const made = log.recent.filter((call) => findFunction('4.5', call.function)?.writes)
    const calls = planned.units.flatMap(({ lines }) => lines.flatMap(({ call }) => (call ? [call] : [])))
    assert.deepEqual(
      calls.map((call) => call.function),
      made.map((call) => call.function),
    )
    const masked = (form: unknown) => JSON.stringify(form).replaceAll(/"\d{2,}"/g, '"#"')
    assert.deepEqual(
      calls.map((call) => masked(readForm(encodeForm(call.parameters)))),
      made.map(({ form: { wsfunction: _name, moodlewsrestformat: _format, ...form } }) => masked(form)),
    )
  })

  it('touches nothing: Moodle is asked and never told, the database is as before', async () => {
    await t.sell({ code: 'KEPT', handler: 'std_enroloncourse', internal: { course: 2 } })
    const before = await everything()
    const cases: [string, Record<string, unknown>, string?][] = [
      ['std_enroloncourse', { course: 4, again: 'refuse', buyerGroup: true, supportCourse: 5 }, 'KEPT'],
      ['specific', { venue: 'Lyon', day: '2031-05-12' }, 'DEMO-MASTERCLASS'],
      ['ext_steps', { course: 2 }],
      ['std_createcourse', { template: 15, category: 2 }],
    ]
    for (const [handler, internal, code] of cases) {
      const external = handler === 'ext_steps' ? [{ external: { place: 'A1' } }] : []
      assert.equal(
        requireRun(await dryRun(t.shop, entryOf(handler, internal, code), external)).order,
        'completed',
        handler,
      )
    }
    assert.equal(await everything(), before)
    assert.ok(log.functions.size > 0)
    for (const name of log.functions.keys()) {
      assert.ok(readingFunctions.has(name) && findFunction('4.5', name)?.writes === false, name)
    }
  })

  it('adds days to what the learner has', async () => {
    const internal = { course: 6, durationDays: 10 }
    const code = await t.sell({ handler: 'std_enroloncourse', internal })
    const { number } = await t.placed(code, [ada])
    await t.pay(number)
    await t.takeOver()
    const run = requireRun(await dryRun(t.shop, entryOf('std_enroloncourse', internal), [{ external: ada }]))
    assert.equal(said(run)[0], 'Uses the account of ada@learners.example, which is there already.')
    const days = (Number(run.units[0]?.products[0]?.endsAt) - Date.now()) / 86_400_000
    assert.ok(days > 19.9 && days < 20.1, String(days))
    const enrolments = run.units[0]?.lines.find(({ call }) => call?.function === 'enrol_manual_enrol_users')
    assert.match(JSON.stringify(enrolments?.call?.parameters), /"timestart":\d+,"timeend":\d+/)
  })

  it('has units of one sale meet each other', async () => {
    const internal = { course: 7, again: 'refuse' }
    const twice = [{ external: ada }, { external: ada }]
    const { order, units } = requireRun(await dryRun(t.shop, entryOf('std_enroloncourse', internal), twice))
    assert.equal(order, 'refused')
    assert.deepEqual(units.map((unit) => unit.state).sort(), ['refused', 'released'])
    const why = units.find((unit) => unit.state === 'refused')?.why?.fr
    assert.match(why ?? '', /^ada@learners\.example a déjà accès à ce cours/)
  })

  it('makes answers up when it is given none, and takes an entry without a handler', async () => {
    const { units } = requireRun(await dryRun(t.shop, entryOf('std_enroloncourse', { course: 2 })))
    assert.equal(units[0]?.external.email, 'ada.1@learners.example')
    assert.equal(requireRun(await dryRun(t.shop, entryOf(null))).units[0]?.state, 'produced')
  })

  it('says what keeps it from being ordered, at its place', async () => {
    const wrong = await dryRun(t.shop, entryOf('std_enroloncourse', { course: 'Excel' }))
    assert.deepEqual(!wrong.ok && Object.keys(wrong.internal ?? {}), ['course'])
    const empty = await dryRun(t.shop, entryOf('std_enroloncourse', { course: 2 }), [
      { external: { email: 'ada' } },
    ])
    assert.deepEqual(!empty.ok && Object.keys(empty.units?.[0]?.external ?? {}).sort(), [
      'email',
      'firstname',
      'lastname',
    ])
    const missing = await dryRun(t.shop, entryOf('ext_gone'))
    assert.equal(!missing.ok && missing.why.en, 'Its handler is not installed.')
    const many = await dryRun(
      t.shop,
      entryOf(null),
      Array.from({ length: 11 }, () => ({ external: {} })),
    )
    assert.equal(!many.ok && many.why.en, '10 units at the most.')
  })

  it('says what Moodle would refuse, as far as the handler’s check tells', async () => {
    const run = requireRun(
      await dryRun(t.shop, entryOf('std_enroloncourse', { course: 999 }), [{ external: ada }]),
    )
    assert.deepEqual(
      run.findings.map(({ field, level }) => [field, level]),
      [['course', 'error']],
    )
  })

  it('waits for nobody who writes the same entry', async () => {
    const code = await t.sell({ handler: null })
    await t.db.transaction().execute(async (trx) => {
      await trx.updateTable('entries').set({ position: 3 }).where('code', '=', code).execute()
      const run = await dryRun(t.shop, entryOf(null, {}, code))
      assert.match(!run.ok ? run.why.en : '', /writing the same things at this moment/)
    })
    assert.ok(requireRun(await dryRun(t.shop, entryOf(null, {}, code))))
  })

  it('says why a script would fail', async () => {
    const run = requireRun(await dryRun(t.shop, entryOf('ext_wild'), [{ external: { postpay: 'throws' } }]))
    assert.deepEqual([run.units[0]?.state, run.units[0]?.why?.en], ['retrying', 'the machine broke'])
  })

  it('lets no call of a script out of this process, and others go on', async () => {
    let calls = 0
    const server = createServer((_, response) => {
      calls++
      response.end('{}')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    after(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const internal = { url, secret: 'a long enough secret', timeoutSeconds: 5 }
    const trying = dryRun(t.shop, entryOf('ext_webhook', internal))
    await fetch(url).then((reply) => reply.text())
    const run = requireRun(await trying)
    assert.equal(calls, 1)
    assert.deepEqual(said(run), [`Calls POST ${url}.`])
    assert.match(run.units[0]?.why?.en ?? '', /depends on an answer/)
    server.closeAllConnections()
  })
})
