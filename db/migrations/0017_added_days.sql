-- Days that units bought for a product besides, less those that were taken back: they stay with it, whoever holds it.
alter table products add column added_days integer not null default 0 check (added_days >= 0);
update products p set added_days = greatest(0, bought.days)
  from (select h.product_id, sum((h.data->'change'->>'addDays')::integer) as days
          from product_history h
          join productions s on s.id = (h.data->>'production')::bigint and s.script <> 'action'
         where h.data->'change' ? 'addDays'
         group by h.product_id) bought
 where bought.product_id = p.id;
