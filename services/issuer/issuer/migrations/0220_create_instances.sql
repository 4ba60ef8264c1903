-- migrate:up

-- Further instances of a card, for other keys in the same phone; that of the first key is in credentials. They have
-- no state of their own: they live and die with their card.
create table instances (
    order_id uuid not null,
    instance smallint not null check (instance > 0),
    holder_jwk jsonb not null,
    holder_jkt text not null,
    primary key (order_id, instance),
    unique (order_id, holder_jkt)
);

-- Each instance has an index of its own, in the list of its card. The first is there since the offer.
alter table status_entries add column instance smallint not null default 0;
create unique index status_entries_by_instance on status_entries (order_id, instance);
drop index status_entries_by_order;

-- The keys beside the first that wait for a card.
alter table deferrals add column further_keys jsonb not null default '[]';
