-- An order that never comes to its payment expires as well: what its prepay reserved must not be held for ever.
drop index orders_to_expire;
create index orders_to_expire on orders (pay_before) where state in ('placed', 'awaiting_payment') and trusted_at is null;

-- Mails whose job was lost are looked for by their age.
create index mails_queued on mails (created_at) where state = 'queued';
