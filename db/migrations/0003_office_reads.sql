-- What the office's lists and its home page read, so that none costs more as history grows.

-- Orders that await a payment, by means: the oldest deadline first.
create index orders_awaiting on orders (means, pay_before, id) where state = 'awaiting_payment';
create index orders_part_paid on orders (id) where state = 'awaiting_payment' and paid_cents > 0;

-- The figures of a day.
create index orders_by_day_placed on orders (placed_at);
create index orders_by_day_paid on orders (paid_at) where paid_at is not null;
create index orders_by_day_produced on orders (produced_at) where produced_at is not null;

create index payments_set_aside on payments (id) where state = 'set_aside';
create index notifications_received on notifications (received_at, event_id);

-- "Done" and "active" are nearly all there is: only the others need an index to be found.
create index productions_not_done on productions (state, id) where state <> 'done';
create index products_not_active on products (state, id) where state <> 'active';

create index mails_by_state on mails (state, id);
