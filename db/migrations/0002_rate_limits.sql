-- How often someone has lately tried something: the table that rate-limiter-flexible expects. Losing it in a crash
-- only forgives, so it is not worth a write to the log.
create unlogged table rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
create index rate_limits_by_expire on rate_limits (expire);
