-- migrate:up

-- Which revision of its data a card shows; null as long as they are those it was issued with.
alter table cards add column revision integer;
