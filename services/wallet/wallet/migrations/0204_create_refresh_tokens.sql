-- migrate:up

-- One row per activation whose token is bound to a key: its newest refresh token, and the one before, as digests.
create table refresh_tokens (
    activation_id uuid primary key,
    order_id uuid not null,
    generation integer not null,
    device_label text not null,
    thumbprint text not null,
    current_digest bytea not null,
    previous_digest bytea
);
create index refresh_tokens_by_order on refresh_tokens (order_id);
