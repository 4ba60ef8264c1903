-- migrate:up

-- A card that waits for its photo, and the key that has it meanwhile. A newer generation of the offer, or the end
-- of its time, ends that right: the row counts no more.
create table deferrals (
    order_id uuid primary key,
    generation integer not null,
    transaction_id text not null,
    activation_id text not null,
    device_label text not null,
    holder_jwk jsonb not null,
    holder_jkt text not null,
    retry_at timestamptz not null,
    lapses_at timestamptz not null
);
create index deferrals_lapsing on deferrals (lapses_at);
