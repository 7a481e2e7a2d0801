-- Comparisons of our rows with the site: each change that it finds there and that nobody has told it.
create table reconciliations (
  id bigint generated always as identity primary key,
  site text not null,
  state text not null default 'running' check (state in ('running', 'done', 'failed')),
  asked_by text not null,
  -- rows to compare, and those compared so far
  total bigint not null,
  checked bigint not null default 0,
  -- the last course or membership that is done with, and what was checked until then
  position jsonb,
  -- why it failed, or what it waits for
  cause text,
  started_at timestamptz not null default now(),
  -- when it last gave a sign of life
  seen_at timestamptz not null default now(),
  ended_at timestamptz
);
create unique index reconciliations_running on reconciliations (site) where state = 'running';

create table differences (
  id bigint generated always as identity primary key,
  reconciliation_id bigint not null references reconciliations on delete cascade,
  -- one of the two
  course_id integer,
  target text,
  -- null: the course or the cohort itself could not be read
  user_id integer,
  faults jsonb not null,
  found_at timestamptz not null default now(),
  repair text check (repair in ('asked', 'repaired', 'refused')),
  repair_asked_by text,
  repaired_at timestamptz,
  -- why Moodle refused the repair
  trouble text,
  constraint course_or_membership check ((course_id is null) <> (target is null))
);
create unique index differences_once
  on differences (reconciliation_id, coalesce(course_id, 0), coalesce(target, ''), coalesce(user_id, 0));
create index differences_listed on differences (reconciliation_id, id);
create index differences_to_repair on differences (reconciliation_id, id) where repair = 'asked';
