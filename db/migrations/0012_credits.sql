-- Credits: what a customer has with the shop, by e-mail, to pay later orders with.
create table credit_accounts (
  id bigint generated always as identity primary key,
  -- null: its owner was erased
  email text check (email = lower(email)),
  currency text not null,
  -- the sum of its movements, changed with them: of two orders at once, the second sees what the first left
  balance_cents bigint not null default 0 check (balance_cents >= 0),
  created_at timestamptz not null default now(),
  unique (email, currency)
);

-- Every movement of credits. Nothing here is ever changed.
create table credit_movements (
  id bigint generated always as identity primary key,
  account_id bigint not null references credit_accounts,
  at timestamptz not null default now(),
  kind text not null check (kind in ('delivered', 'taken_back', 'spent', 'given_back', 'corrected', 'forfeited')),
  -- what caused it, in a word: each cause moves credits once
  cause text not null unique,
  -- taken_back may be 0: all that the product had brought was spent
  amount_cents bigint not null check (amount_cents <> 0 or kind = 'taken_back'),
  who text not null,
  why text,
  -- what it came from: the order, and the product where it was one
  order_id bigint references orders,
  product_id bigint references products
);
create index credit_movements_by_account on credit_movements (account_id, id desc);
create index credit_movements_by_order on credit_movements (order_id) where order_id is not null;
create index credit_movements_by_product on credit_movements (product_id) where product_id is not null;
create trigger credit_movements_are_append_only before update or delete on credit_movements
  for each row execute function refuse_change();
