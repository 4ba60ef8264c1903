-- migrate:up

-- The newest generation of an order's offer that anybody has told of; what is told of older ones is no news.
alter table orders add column generation integer not null default 0;

-- The generation of the offer that an alert speaks of, if it speaks of one.
alter table alerts add column generation integer;
