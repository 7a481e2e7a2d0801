-- Customers sign in by a link that is mailed to them. Of links and sessions only the hashes of their keys are kept.
create table customer_links (
  key_hash bytea primary key,
  email text not null check (email = lower(email)),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index customer_links_by_email on customer_links (email);
create index customer_links_expires on customer_links (expires_at);

create table customer_sessions (
  key_hash bytea primary key,
  email text not null check (email = lower(email)),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index customer_sessions_by_email on customer_sessions (email);
create index customer_sessions_expires on customer_sessions (expires_at);

-- Mails that belong to no order are found by their recipient; those with sign-in links are thrown away after a while.
create index mails_without_order on mails (recipient, id) where order_id is null;
create index mails_sign_in on mails (created_at) where kind = 'sign_in';
