-- When a unit's answers were erased: what must still be undone for it is undone with what is left of them.
alter table units add column erased_at timestamptz;
update units set erased_at = now()
 where external = '{}' and fields = '{}' and feedback is null and state in ('produced', 'skipped');
