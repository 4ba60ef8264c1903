-- migrate:up

-- An order and the card that it led to are one row: at most one card per order, by construction.
create table orders (
    order_id uuid primary key,
    institution_id text not null,
    student_ref uuid not null references students,
    lane smallint not null,  -- the partition of its streams
    placed_at timestamptz not null,
    channel text not null,
    locale text not null,
    replaces uuid,
    photo_sha256 text,
    idempotency_key text not null,
    request_digest bytea not null,

    state text not null check (
        state in ('PLACED', 'READY', 'LOCKED', 'ACTIVATED', 'REJECTED', 'CANCELLED', 'EXPIRED')
    ),
    reasons text[] not null default '{}',
    generation integer not null,  -- the newest that was asked for
    offered integer not null default 0,  -- the newest that the issuer has offered; 0: none
    credential_id uuid,
    offer_id text,
    code_sealed text,  -- for us, by the issuer; gone with the card
    expires_at timestamptz,
    attempts_of integer not null default 0,  -- the generation that attempts_left is about
    attempts_left integer,
    last_entry integer not null,

    card_issued_at timestamptz,
    card_valid_until timestamptz,
    card_device_label text,
    card_holds text[] not null default '{}',
    card_holds_number bigint not null default 0,  -- of the event that told the holds
    card_end text check (card_end in ('REVOKED', 'REPLACED')),
    card_ended_at timestamptz,

    unique (student_ref, idempotency_key)
);

create unique index orders_open_once on orders (institution_id, student_ref)
    where state in ('PLACED', 'READY', 'LOCKED');
create index orders_by_student on orders (student_ref, placed_at);
create unique index orders_by_credential on orders (credential_id) where credential_id is not null;
create index orders_to_expire on orders (expires_at) where state in ('READY', 'LOCKED');

-- What happened to an order, as it became known here. Numbers are given under the lock of the order's row; as
-- nothing else writes here or below, there is no foreign key to check at each event.
create table timeline_entries (
    order_id uuid not null,
    number integer not null,
    event_id uuid not null,
    kind text not null,
    occurred_at timestamptz not null,
    state text not null,  -- of the order, once this was known
    details jsonb not null,
    primary key (order_id, number)
);

-- What the issuer was asked and has not answered yet.
create table open_questions (
    order_id uuid not null,
    question text not null,
    lane smallint not null,
    asked_at timestamptz not null,
    reminders integer not null default 0,
    remind_at timestamptz not null,
    primary key (order_id, question)
);
create index open_questions_by_lane on open_questions (lane, asked_at);

-- Per partition: the youngest question that was answered, and when an answer last came.
create table answered_lanes (
    lane smallint primary key,
    asked_at timestamptz not null,
    answered_at timestamptz not null
);

-- What is left of an erased order.
create table tombstones (
    order_id uuid primary key,
    institution_id text not null,
    erased_at timestamptz not null,
    confirmed_at timestamptz  -- the issuer has erased it too
);
