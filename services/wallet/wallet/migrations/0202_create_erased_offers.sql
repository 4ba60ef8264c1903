-- migrate:up

-- Offer ids that will not come again: without their digests they would be waited for, since they are authentic.
create table erased_offers (
    digest bytea primary key
);

create index erased_orders_by_card on erased_orders (credential_id);
create index cards_with_keys_to_forget on cards (valid_until) where ended is not null and holder_jwk is not null;
