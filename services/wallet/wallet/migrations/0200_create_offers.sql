-- migrate:up

-- One row per generation of an order's offer. At most one of an order is open: a newer one ends the older.
create table offers (
    order_id uuid not null,
    generation integer not null check (generation >= 1),
    institution_id text not null,
    credential_id uuid not null,
    configuration_id text not null,
    offer_id text not null unique,
    code_digest text not null,
    digest_key_id text not null,
    expires_at timestamptz not null,
    attempts smallint not null default 0 check (attempts between 0 and 5),
    ended text check (ended in ('superseded', 'withdrawn', 'issued')),
    -- The claim: who gave the right code, until when it stands, and the key it is bound to, if any.
    activation_id uuid,
    claimed_until timestamptz,
    claim_thumbprint text,
    device_label text,
    terms_version text,
    primary key (order_id, generation)
);

-- What is left of an erased order, so that no late event brings anything back.
create table erased_orders (
    order_id uuid primary key,
    credential_id uuid,
    erased_at timestamptz not null
);
