-- migrate:up

-- The office's hold belongs to the student. The row is also the lock under which cards of one student switch.
create table students (
    institution_id text not null,
    student_ref uuid not null,
    office_hold boolean not null,
    hold_version bigint not null,
    primary key (institution_id, student_ref)
);

-- One row per order: its offer, and the card that came of it. Whatever happens to either happens under its lock.
create table credentials (
    order_id uuid primary key,
    institution_id text not null,
    student_ref uuid,
    credential_id uuid unique,
    state text not null check (
        state in ('offered', 'rejected', 'withdrawn', 'active', 'suspended', 'revoked', 'replaced')
    ),
    generation integer not null default 1,
    offer_expires_at timestamptz,
    replaces uuid,
    valid_until timestamptz,
    revision integer not null default 1,
    holds text[] not null default '{}',
    -- The number of the last suspension: a reinstatement that was asked for earlier does not lift it.
    holder_suspension bigint not null default 0,
    system_suspension bigint not null default 0,
    -- What the card was made for; null until there is one.
    activation_id text,
    device_label text,
    holder_jwk jsonb,
    holder_jkt text,
    notification_id text,
    issued_at timestamptz,
    erased_at timestamptz,
    check ((state = 'suspended') = (cardinality(holds) > 0)),
    check (state not in ('active', 'suspended') or holder_jkt is not null),
    check (erased_at is not null or student_ref is not null or state = 'withdrawn')
);
create unique index one_standing_card_per_student on credentials (institution_id, student_ref)
    where state in ('active', 'suspended');
create index credentials_by_student on credentials (institution_id, student_ref);

-- What is known of the person: sealed under a key of its own, which goes with the row.
create table holders (
    order_id uuid primary key,
    data_key_sealed text not null,
    holder_sealed text not null,
    photo_sealed text
);

-- A nonce is good for one card request. The row may go when the nonce has lapsed.
create table used_nonces (
    digest bytea primary key,
    lapses_at timestamptz not null
);
create index used_nonces_lapsing on used_nonces (lapses_at);

-- What wallets told about the credential that they were given, each thing once.
create table wallet_reports (
    order_id uuid not null,
    event text not null,
    reported_at timestamptz not null,
    primary key (order_id, event)
);
