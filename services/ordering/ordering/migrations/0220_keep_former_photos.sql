-- migrate:up

-- The photo before the newest one. The issuer may still ask for it: whoever hears of the new one later has not yet.
alter table orders add column former_photo_sha256 text;
create index orders_by_former_photo on orders (institution_id, former_photo_sha256)
    where former_photo_sha256 is not null;
