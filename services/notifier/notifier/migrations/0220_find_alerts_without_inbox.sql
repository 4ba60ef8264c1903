-- migrate:up

-- Nearly empty: it makes the look before each alert cost nothing.
create index alerts_without_inbox on alerts (order_id) where entry is null;
