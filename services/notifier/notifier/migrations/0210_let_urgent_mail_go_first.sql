-- migrate:up

-- In the night of all extensions their mails are many: those that somebody waits for go before them.
alter table deliveries add column urgent boolean not null default true;
drop index deliveries_pending;
create index deliveries_pending on deliveries (channel, urgent desc, due_at) where state = 'pending';
