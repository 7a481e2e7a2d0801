-- One product of a unit may be taken back alone, and its share of the unit's price with it.
alter table give_backs add column product_id bigint references products;
alter table give_backs add constraint product_is_of_a_unit check (product_id is null or unit_id is not null);
drop index give_backs_once_a_unit;
create unique index give_backs_once_a_unit on give_backs (unit_id) where unit_id is not null and product_id is null;
create unique index give_backs_once_a_product on give_backs (product_id) where product_id is not null;
create index give_backs_by_unit on give_backs (unit_id) where unit_id is not null;

-- Never more than what a unit cost. Whoever gives back has locked the order.
create function refuse_too_much_back() returns trigger language plpgsql as $$
declare
  rest bigint;
begin
  select l.unit_cents - coalesce((select sum(amount_cents) from give_backs where unit_id = new.unit_id), 0) into rest
    from units u join order_lines l on l.id = u.line_id where u.id = new.unit_id;
  if new.amount_cents > rest then
    raise exception 'unit % has only % left to give back', new.unit_id, rest;
  end if;
  return new;
end $$;
create trigger no_more_back_than_paid before insert on give_backs
  for each row when (new.unit_id is not null) execute function refuse_too_much_back();

-- What was bought: the office lists products by entry.
alter table products add column entry_id bigint references entries;
update products p set entry_id = l.entry_id from units u join order_lines l on l.id = u.line_id where u.id = p.unit_id;
alter table products alter column entry_id set not null;
create function name_entry_of_product() returns trigger language plpgsql as $$
begin
  select l.entry_id into new.entry_id
    from units u join order_lines l on l.id = u.line_id where u.id = new.unit_id;
  return new;
end $$;
create trigger product_names_its_entry before insert on products
  for each row execute function name_entry_of_product();

create index products_by_entry on products (entry_id, id desc);
create index products_by_handler on products (handler, id desc);
create index products_by_end on products (ends_at, id) where ends_at is not null;
