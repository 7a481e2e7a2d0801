-- The whole shop. Money is integer cents with a currency; VAT is in basis points; times are timestamptz.
-- Texts shown to people are jsonb {"en": …, "fr": …}.

create table operators (
  id bigint generated always as identity primary key,
  email text not null check (email = lower(email)),
  name text not null,
  password_hash text not null,
  role text not null check (role in ('admin', 'operator', 'viewer')),
  created_at timestamptz not null default now(),
  disabled_at timestamptz,
  unique (email)
);

create table sessions (
  token_hash bytea primary key,
  operator_id bigint not null references operators on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sessions_expires on sessions (expires_at);

create table api_tokens (
  id bigint generated always as identity primary key,
  operator_id bigint not null references operators on delete cascade,
  name text not null,
  token_hash bytea not null unique,
  role text not null check (role in ('admin', 'operator', 'viewer')),
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- A write repeated with the same Idempotency-Key gets the first answer again.
create table idempotency_keys (
  caller text not null,
  key text not null,
  request_hash bytea not null,
  status integer,
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (caller, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);

create table entries (
  id bigint generated always as identity primary key,
  code text not null unique check (code ~ '^[A-Z0-9][A-Z0-9-]{1,39}$'),
  state text not null default 'draft' check (state in ('draft', 'on_sale', 'retired')),
  title jsonb not null,
  summary jsonb not null,
  description jsonb not null,
  category jsonb not null,
  price_cents integer not null check (price_cents >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  vat_basis_points integer not null check (vat_basis_points between 0 and 10000),
  -- null: no handler; 'specific': the handler named after the entry's code
  handler text check (handler = 'specific' or handler ~ '^(std|ext)_[a-z0-9_]+$'),
  internal jsonb not null default '{}',
  fields jsonb not null default '[]',
  max_quantity integer check (max_quantity > 0),
  position integer not null default 0,
  revision integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index entries_listed on entries (position, id) where state = 'on_sale';

-- A cart is a draft document: nothing in it is trusted until the order is placed.
create table carts (
  id uuid primary key,
  token_hash bytea not null unique,
  content jsonb not null,
  revision integer not null default 1,
  updated_at timestamptz not null default now()
);
create index carts_updated on carts (updated_at);

create table orders (
  id bigint generated always as identity primary key,
  number text not null unique,
  token text not null,
  cart_id uuid unique,
  state text not null check (state in
    ('placed', 'awaiting_payment', 'paid', 'completed', 'refused', 'cancelled', 'expired', 'refunded')),
  locale text not null check (locale in ('en', 'fr')),
  customer jsonb not null,
  customer_email text not null,
  currency text not null,
  total_cents bigint not null check (total_cents >= 0),
  vat_cents bigint not null check (vat_cents >= 0 and vat_cents <= total_cents),
  paid_cents bigint not null default 0 check (paid_cents >= 0),
  means text not null,
  payment_reference text not null unique,
  pay_before timestamptz,
  terms_accepted_at timestamptz not null,
  placed_at timestamptz not null default now(),
  paid_at timestamptz,
  produced_at timestamptz,
  -- a named operator's act of trust: production may start before the money is there
  trusted_by bigint references operators,
  trusted_at timestamptz,
  trusted_why text,
  constraint paid_is_paid_in_full check (paid_at is null or paid_cents >= total_cents),
  constraint trust_is_named check ((trusted_at is null) = (trusted_by is null) and (trusted_at is null) = (trusted_why is null))
);
create index orders_by_state on orders (state, id desc);
create index orders_by_email on orders (customer_email, id desc);
create index orders_to_expire on orders (pay_before) where state = 'awaiting_payment' and trusted_at is null;

create table order_lines (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  position integer not null,
  entry_id bigint not null references entries,
  -- the frozen copy: code, title, price, VAT, handler, internal parameters, fields
  entry jsonb not null,
  quantity integer not null check (quantity > 0),
  unit_cents bigint not null check (unit_cents >= 0),
  total_cents bigint not null check (total_cents = unit_cents * quantity),
  vat_cents bigint not null check (vat_cents >= 0),
  unique (order_id, position)
);

create table units (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  line_id bigint not null references order_lines,
  position integer not null,
  state text not null check (state in
    ('ordered', 'preparing', 'prepared', 'producing', 'produced', 'retrying', 'needs_operator',
     'refused', 'skipped', 'cancelled', 'released', 'revoked')),
  external jsonb not null,
  fields jsonb not null default '{}',
  -- what the handler says to the customer on the tracking page
  feedback jsonb,
  unique (line_id, position)
);
create index units_by_order on units (order_id, state);
create index units_in_trouble on units (id) where state in ('retrying', 'needs_operator');

-- Who did what, when and why. Nothing here is ever changed.
create table history (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  unit_id bigint references units,
  at timestamptz not null default now(),
  who text not null,
  event text not null,
  from_state text,
  to_state text,
  why text
);
create index history_by_order on history (order_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the history is append-only';
end $$;
create trigger history_is_append_only before update or delete on history
  for each row execute function refuse_change();

create table notifications (
  means text not null,
  event_id text not null,
  order_number text,
  body jsonb not null,
  outcome text not null,
  received_at timestamptz not null default now(),
  primary key (means, event_id)
);

create table payments (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  means text not null,
  reference text not null,
  amount_cents bigint not null check (amount_cents > 0),
  currency text not null,
  paid_on date not null,
  -- counted: part of paid_cents; set_aside: recorded and not counted (wrong currency, closed or paid order)
  state text not null check (state in ('counted', 'set_aside')),
  recorded_by text not null,
  note text,
  created_at timestamptz not null default now(),
  unique (means, reference)
);
create index payments_by_order on payments (order_id);

-- Money that must go back to the customer, until an operator says it has.
create table give_backs (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  unit_id bigint references units,
  payment_id bigint references payments,
  amount_cents bigint not null check (amount_cents > 0),
  currency text not null,
  why text not null,
  created_at timestamptz not null default now(),
  done_at timestamptz,
  done_by text,
  done_note text
);
create index give_backs_due on give_backs (id) where done_at is null;
create index give_backs_by_order on give_backs (order_id);
create unique index give_backs_once_a_unit on give_backs (unit_id) where unit_id is not null;
create unique index give_backs_once_a_payment on give_backs (payment_id) where payment_id is not null;

-- One run of one script for one unit. "occasion" tells apart the runs of an after-sale action; '' for scripts.
create table productions (
  id bigint generated always as identity primary key,
  order_id bigint not null references orders,
  unit_id bigint not null references units,
  script text not null,
  occasion text not null default '',
  handler text not null,
  input jsonb not null,
  state text not null default 'queued' check (state in
    ('queued', 'running', 'retrying', 'needs_operator', 'done', 'refused', 'skipped', 'cancelled')),
  -- the fence: whatever a worker writes back names its attempt
  attempt integer not null default 0,
  -- in a row: how often it failed the way that cause says, and how often its process died
  failures integer not null default 0,
  interruptions integer not null default 0,
  job_id uuid,
  due_at timestamptz not null default now(),
  worker text,
  started_at timestamptz,
  ended_at timestamptz,
  cause jsonb,
  feedback jsonb,
  created_at timestamptz not null default now(),
  unique (unit_id, script, occasion)
);
create index productions_live on productions (due_at) where state in ('queued', 'running', 'retrying');
create index productions_for_operator on productions (id) where state = 'needs_operator';
create index productions_by_order on productions (order_id);

-- Invariant 1, in the database: nothing is delivered before the full payment or a named act of trust.
create function refuse_unpaid_delivery() returns trigger language plpgsql as $$
begin
  if not exists (select from orders where id = new.order_id and (paid_at is not null or trusted_at is not null)) then
    raise exception 'order % is not paid: its % cannot start', new.order_id, new.script;
  end if;
  return new;
end $$;
create trigger no_delivery_before_payment before insert on productions
  for each row when (new.script = 'postpay') execute function refuse_unpaid_delivery();

-- The journal: each effect once.
create table steps (
  production_id bigint not null references productions,
  name text not null,
  attempt integer not null,
  result jsonb,
  milliseconds integer not null,
  at timestamptz not null default now(),
  primary key (production_id, name)
);

-- What went wrong, attempt by attempt.
create table failures (
  production_id bigint not null references productions,
  attempt integer not null,
  at timestamptz not null default now(),
  step text,
  cause jsonb not null,
  primary key (production_id, attempt)
);

-- What the customer owns afterwards.
create table products (
  id bigint generated always as identity primary key,
  reference text not null unique check (reference ~ '^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$'),
  order_id bigint not null references orders,
  unit_id bigint not null references units,
  key text not null,
  handler text not null,
  title jsonb not null,
  link text,
  holder jsonb,
  starts_at timestamptz not null,
  ends_at timestamptz,
  state text not null default 'active' check (state in ('active', 'suspended', 'ended', 'revoked')),
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  unique (unit_id, key)
);
create index products_by_order on products (order_id);
create index products_by_holder on products (lower(holder->>'email'), id desc);

create table product_history (
  id bigint generated always as identity primary key,
  product_id bigint not null references products,
  at timestamptz not null default now(),
  who text not null,
  event text not null,
  data jsonb not null default '{}',
  why text
);
create index product_history_by_product on product_history (product_id, id);
create trigger product_history_is_append_only before update or delete on product_history
  for each row execute function refuse_change();

-- What a product entitles its holder to in Moodle. The enrolment of (site, course, person) is the union of these.
create table entitlements (
  product_id bigint not null references products,
  site text not null,
  course_id integer not null,
  user_id integer not null,
  role_id integer not null,
  group_id integer
);
create unique index entitlements_once on entitlements (product_id, site, course_id, user_id, role_id, coalesce(group_id, 0));
create index entitlements_by_enrolment on entitlements (site, course_id, user_id);

create table enrolments (
  site text not null,
  course_id integer not null,
  user_id integer not null,
  -- revision moves when an entitlement behind it changes; applied_revision when Moodle was told
  revision bigint not null default 1,
  applied_revision bigint not null default 0,
  applied jsonb,
  applied_at timestamptz,
  primary key (site, course_id, user_id)
);
create index enrolments_behind on enrolments (site) where applied_revision < revision;

-- A name that a unit holds until it gives it up or dies: a short name, a place.
create table reservations (
  name text primary key,
  unit_id bigint not null references units,
  created_at timestamptz not null default now()
);
create index reservations_by_unit on reservations (unit_id);

-- The account of a person on a site. creating_until is the lease of whoever is creating it.
create table accounts (
  site text not null,
  email text not null check (email = lower(email)),
  user_id integer,
  creating_until timestamptz,
  primary key (site, email)
);

create table sites (
  id text primary key,
  state text not null default 'up' check (state in ('up', 'down', 'paused')),
  cause text,
  since timestamptz not null default now(),
  checked_at timestamptz
);

-- A mail that was decided, and what became of it. It is composed when it is sent.
create table mails (
  id bigint generated always as identity primary key,
  order_id bigint references orders,
  key text not null unique,
  kind text not null,
  data jsonb not null default '{}',
  recipient text not null,
  subject text,
  body text,
  state text not null check (state in ('queued', 'sent', 'kept', 'failed')),
  cause text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index mails_by_order on mails (order_id);
create index mails_waiting on mails (id) where state in ('queued', 'failed');

-- What this shop is: one row a setting.
create table settings (
  key text primary key,
  value jsonb not null
);
