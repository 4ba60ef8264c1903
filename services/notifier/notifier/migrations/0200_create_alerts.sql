-- migrate:up

-- What is known of an order. Topics arrive in any order, so a row may be partial: it is never waited for.
-- The contact is sealed under this service's own keys; an erased order keeps its id and nothing else.
create table orders (
    id uuid primary key,
    institution_id text not null,
    student_ref uuid,
    locale text,
    contact_sealed text,
    contact_number bigint not null default 0,
    moved_on boolean not null default false,
    erased_at timestamptz
);
create index orders_by_student on orders (institution_id, student_ref) where student_ref is not null;

-- A student as reader of alerts. `last_entry` numbers the inbox, and is taken under this row's lock.
create table recipients (
    institution_id text not null,
    student_ref uuid not null,
    last_entry bigint not null default 0,
    quiet_from time,
    quiet_until time,
    primary key (institution_id, student_ref)
);

-- One alert per cause and kind. It stands in an inbox once its order's student is known: then it has an entry.
create table alerts (
    id uuid primary key,
    order_id uuid not null references orders,
    institution_id text not null,
    student_ref uuid,
    entry bigint,
    cause uuid not null,
    kind text not null,
    parameters jsonb not null,
    occurred_at timestamptz not null,
    read_at timestamptz,
    unique (cause, kind)
);
create unique index alerts_by_entry on alerts (institution_id, student_ref, entry) where entry is not null;
create index alerts_by_order on alerts (order_id);

-- Work for the senders: leased, done outside any transaction, recorded only with the same lease.
create table deliveries (
    alert_id uuid not null references alerts on delete cascade,
    channel text not null,
    state text not null default 'pending',
    attempts integer not null default 0,
    due_at timestamptz not null,
    lease uuid,
    leased_until timestamptz,
    reason text,
    ended_at timestamptz,
    primary key (alert_id, channel)
);
create index deliveries_pending on deliveries (due_at) where state = 'pending';

-- One open offer per order, and when its student is to be reminded of its end.
create table reminders (
    order_id uuid primary key references orders,
    generation integer not null,
    cause uuid not null,
    due_at timestamptz not null,
    expires_at timestamptz not null
);
create index reminders_due on reminders (due_at);
