-- migrate:up

-- A revocation or a suspension may come before the card itself: what is not told yet is null.
create table cards (
    order_id uuid primary key,
    institution_id text not null,
    credential_id uuid unique,
    holder_jwk jsonb,
    device_label text,
    valid_until timestamptz,
    ended text check (ended in ('revoked', 'replaced')),
    holds text[] not null default '{}',
    -- The number of the event that set the holds: an older one that comes later changes nothing.
    holds_number bigint not null default 0
);

-- Cards that another order's card has replaced: that may be told before the card itself.
create table replacements (
    credential_id uuid primary key
);

-- One per card. The pack is encrypted on the phone; it is gone once the card has ended.
create table presentations (
    handle bytea primary key check (octet_length(handle) = 16),
    credential_id uuid not null unique references cards (credential_id) on delete cascade,
    pack bytea check (octet_length(pack) between 1 and 49152),
    proved_at timestamptz not null
);
