-- That the end of a product was announced so many days before: once for each end that it had.
create table product_warnings (
  product_id bigint not null references products,
  days integer not null,
  ends_on date not null,
  told_at timestamptz not null default now(),
  primary key (product_id, days, ends_on)
);
