-- What a product opens beside enrolments: a cohort, a role outside courses, and in a course a group or a role alone.

alter table entitlements
  alter column role_id drop not null,
  -- false: the role or the group alone, for someone whose enrolment is none of ours
  add column enrols boolean not null default true,
  -- it stays with this person when the product is handed over
  add column stays boolean not null default false,
  -- handed over: kept, since what it gave must be taken away
  add column withdrawn_at timestamptz,
  add constraint gives_a_role_or_a_group check (role_id is not null or (group_id is not null and not enrols));
drop index entitlements_once;
create unique index entitlements_once
  on entitlements (product_id, site, course_id, user_id, enrols, coalesce(role_id, 0), coalesce(group_id, 0));

alter table enrolments
  -- when time alone changes what the rows imply, or when to try again what Moodle refused
  add column look_again_at timestamptz,
  -- why it could not be told
  add column trouble text;
create index enrolments_to_look_at on enrolments (site, look_again_at) where look_again_at is not null;

-- target: 'cohort:3', 'role:9@system', 'role:1@coursecat:2'
create table membership_entitlements (
  product_id bigint not null references products,
  site text not null,
  target text not null check (target ~ '^(cohort:[0-9]+|role:[0-9]+@(system|coursecat:[0-9]+))$'),
  user_id integer not null,
  stays boolean not null default false,
  withdrawn_at timestamptz,
  primary key (product_id, site, target, user_id)
);
create index membership_entitlements_by_membership on membership_entitlements (site, target, user_id);

-- The union of these, as Moodle was told: applied says whether the person is a member; null: nothing was told.
create table memberships (
  site text not null,
  target text not null,
  user_id integer not null,
  revision bigint not null default 1,
  applied_revision bigint not null default 0,
  applied boolean,
  applied_at timestamptz,
  look_again_at timestamptz,
  trouble text,
  primary key (site, target, user_id)
);
create index memberships_to_look_at on memberships (site, look_again_at) where look_again_at is not null;

-- The holder's account: what a product entitles to goes with it when another learner gets the product.
alter table products add column holder_user integer;
update products set holder_user = accounts.user_id
  from accounts where accounts.email = lower(products.holder->>'email') and accounts.user_id is not null;

create index products_to_end on products (ends_at, id) where state = 'active' and ends_at is not null;
