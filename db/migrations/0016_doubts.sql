-- A call that Moodle never answered may still take effect until then: what our rows imply is told once more afterwards.
alter table enrolments add column doubted_until timestamptz;
alter table memberships add column doubted_until timestamptz;
