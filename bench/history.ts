import type pg from 'pg'

/**
 * Fills a database with `count` completed orders of one unit each, with everything that they leave behind: lines,
 * units, history, payments, productions, steps, products, entitlements, enrolments, mails.
 */
export async function fillHistory(database: pg.Client, count: number): Promise<void> {
  const { rows } = await database.query('select coalesce(max(id), 0)::int as last from orders')
  const from = Number(rows[0]?.last ?? 0) + 1
  const to = from + count - 1
  const each = `generate_series(${from}, ${to}) as n`
  const past = `now() - interval '1 year' + n * interval '20 seconds'`
  const statements = [
    "set session_replication_role = 'replica'",
    `insert into orders (id, number, token, state, locale, customer, customer_email, currency, total_cents, vat_cents,
                         paid_cents, means, payment_reference, terms_accepted_at, placed_at, paid_at, produced_at)
     overriding system value
     select n, 'PAST-' || n, 'token', 'completed', 'en',
            jsonb_build_object('email', 'past' || n || '@buyers.example', 'firstname', 'Past', 'lastname', 'Buyer'),
            'past' || n || '@buyers.example', 'EUR', 10000, 1667, 10000, 'test_card', 'RFPAST' || n, ${past}, ${past},
            ${past}, ${past} from ${each}`,
    `insert into order_lines (id, order_id, position, entry_id, entry, quantity, unit_cents, total_cents, vat_cents)
     overriding system value
     select n, n, 1, e.id, jsonb_build_object('code', e.code, 'title', e.title, 'handler', e.handler, 'internal', e.internal,
            'fields', e.fields, 'unitCents', 10000), 1, 10000, 10000, 1667
       from (select * from entries order by id limit 1) e, ${each}`,
    `insert into units (id, order_id, line_id, position, state, external) overriding system value
     select n, n, n, 1, 'produced', jsonb_build_object('email', 'past' || n || '@learners.example') from ${each}`,
    `insert into history (order_id, who, event, to_state)
     select n, 'shop', 'order', state from ${each}, unnest(array['placed', 'awaiting_payment', 'paid', 'completed']) state`,
    `insert into payments (order_id, means, reference, amount_cents, currency, paid_on, state, recorded_by)
     select n, 'test_card', 'past-' || n, 10000, 'EUR', current_date, 'counted', 'means:test_card' from ${each}`,
    `insert into notifications (means, event_id, body, outcome) select 'test_card', 'past-' || n, '{}', 'paid' from ${each}`,
    `insert into productions (id, order_id, unit_id, script, handler, input, state, attempt, due_at, started_at, ended_at)
     overriding system value
     select n, n, n, 'postpay', 'std_enroloncourse', '{}', 'done', 1, ${past}, ${past}, ${past} from ${each}`,
    `insert into steps (production_id, name, attempt, result, milliseconds) select n, 'account', 1, '{}', 20 from ${each}`,
    `insert into products (id, reference, order_id, unit_id, entry_id, key, handler, title, holder, starts_at, state)
     overriding system value
     select n, 'PAST-' || substr(upper(md5(n::text)), 1, 4) || '-' || lpad((n / 10000)::text, 4, '0') || '-' || lpad((n % 10000)::text, 4, '0'),
            n, n, e.id, 'access', 'std_enroloncourse', '{}',
            jsonb_build_object('email', 'past' || n || '@learners.example'), ${past}, 'active'
       from (select id from entries order by id limit 1) e, ${each}`,
    `insert into entitlements (product_id, site, course_id, user_id, role_id) select n, 'main', 6, 1000000 + n, 5 from ${each}`,
    `insert into enrolments (site, course_id, user_id, revision, applied_revision, applied)
     select 'main', 6, 1000000 + n, 1, 1, '{}' from ${each}`,
    `insert into accounts (site, email, user_id) select 'main', 'past' || n || '@learners.example', 1000000 + n from ${each}`,
    `insert into mails (order_id, key, kind, recipient, state)
     select n, 'past:' || n, 'order_paid', 'past' || n || '@buyers.example', 'kept' from ${each}`,
    "set session_replication_role = 'origin'",
    ...['orders', 'order_lines', 'units', 'productions', 'products'].map(
      (table) => `select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`,
    ),
    'vacuum analyze',
  ]
  for (const statement of statements) await database.query(statement)
}
