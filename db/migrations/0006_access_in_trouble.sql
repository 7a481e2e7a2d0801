-- What Moodle refused to be told: the office shows it on its home page.
create index enrolments_in_trouble on enrolments (site, course_id, user_id) where trouble is not null;
create index memberships_in_trouble on memberships (site, target, user_id) where trouble is not null;
