import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'

/**
 * Products that were bought to follow one another begin where the one before ends (`extends`). When one of them is
 * revoked before its end, those that follow move up by the time it had left: what is still paid for opens at once, and
 * none of its days is lost. For the transaction that revokes; Moodle is told of the same access anyway.
 */
export async function moveUp(trx: Transaction<Database>, revoked: number[]): Promise<void> {
  await sql`
    with recursive following (id, ends_at, seconds) as (
      select id, ends_at, extract(epoch from ends_at) - extract(epoch from greatest(starts_at, now()))
        from products where id = any(${revoked}::bigint[]) and ends_at > now()
      union
      select next.id, next.ends_at, following.seconds
        from following join lateral (
          select p.id, p.ends_at from products p
           where p.starts_at = following.ends_at and p.state in ('active', 'suspended')
             and p.id in (
               select b.product_id from entitlements a join entitlements b using (site, course_id, user_id)
                where a.product_id = following.id and a.withdrawn_at is null and b.withdrawn_at is null
               union all
               select b.product_id
                 from membership_entitlements a join membership_entitlements b using (site, target, user_id)
                where a.product_id = following.id and a.withdrawn_at is null and b.withdrawn_at is null)
        ) next on true
    ), moved as (
      update products p
         set starts_at = p.starts_at - make_interval(secs => following.seconds),
             ends_at = p.ends_at - make_interval(secs => following.seconds)
        from following where p.id = following.id and p.id <> all(${revoked}::bigint[])
      returning p.id, p.starts_at, p.ends_at
    )
    insert into product_history (product_id, who, event, data)
    select moved.id, 'shop', 'moved',
           jsonb_build_object('change', jsonb_build_object('startsAt', moved.starts_at, 'endsAt', moved.ends_at),
                              'was', jsonb_build_object('startsAt', p.starts_at, 'endsAt', p.ends_at))
      from moved join products p on p.id = moved.id`.execute(trx)
}
