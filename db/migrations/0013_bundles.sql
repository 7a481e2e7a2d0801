-- A bundle sells several entries at one price: a list of {"code", "quantity"}; '[]' for an entry that is sold by itself.
alter table entries add column parts jsonb not null default '[]'
  check (jsonb_typeof(parts) = 'array' and jsonb_array_length(parts) <= 20);
-- Its parts have the handlers and ask the questions.
alter table entries add constraint bundle_has_only_parts
  check (parts = '[]' or (handler is null and fields = '[]'));
create index entries_by_part on entries using gin (parts jsonb_path_ops) where parts <> '[]';

-- The bundle that a line was bought in: its code, title, price of one and how many. Each part has a line of its own.
alter table order_lines add column bundle jsonb;
