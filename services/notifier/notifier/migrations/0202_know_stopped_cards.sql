-- migrate:up

-- The number of the newest event that took the order's card out of use: it may have passed ahead of one that gives
-- the card back, which is no news then.
alter table orders add column stopped_number bigint not null default 0;
