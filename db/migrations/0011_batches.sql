-- One action asked for on many products at once: each is a production of its own.
create table batches (
  id bigint generated always as identity primary key,
  action text not null,
  -- who asked: the same request of the same person is one batch
  who text not null,
  audience text not null check (audience in ('operator', 'customer')),
  request text not null,
  -- the order that all the products are of, if they are of one
  order_id bigint references orders,
  created_at timestamptz not null default now(),
  unique (who, request)
);
create index batches_by_order on batches (order_id, id) where order_id is not null;

create table batch_rows (
  batch_id bigint not null references batches,
  -- from 1, as it was asked for
  position integer not null check (position > 0),
  product_id bigint not null references products,
  production_id bigint not null unique references productions,
  primary key (batch_id, position)
);
