-- The histories stay append-only, but for one thing: who erases a person may blank a reason that names them.
create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and current_setting('boutique.erasing', true) = 'on' and new.why is null
     and to_jsonb(new) - 'why' = to_jsonb(old) - 'why' then
    return new;
  end if;
  raise exception 'the history is append-only';
end $$;
