-- migrate:up

-- How long orders of the last hour have waited is told to whoever waits now.
create index orders_by_placing on orders (placed_at);
