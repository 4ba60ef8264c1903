-- migrate:up

-- What this service says -------------------------------------------------------------------------

-- A lane is one partition of one topic. The relay claims lanes; each succeeds, fails and backs off alone.
create table lanes (
    lane text collate "C" primary key,
    topic text not null,
    partition smallint not null,
    served_at timestamptz not null default '-infinity',
    failures integer not null default 0,
    retry_at timestamptz not null default '-infinity',
    acknowledged_topic_id text,
    acknowledged_offset bigint not null default -1
);

-- The last number given per key and topic. Epoch and base are there for a restore to an earlier time.
create table streams (
    topic text not null,
    key text not null,
    partition smallint not null,
    last bigint not null,
    last_at timestamptz not null,
    base bigint not null default 0,
    primary key (topic, key)
);
create index streams_by_time on streams (topic, partition, last_at);

create table epochs (
    epoch integer primary key,
    begun_at timestamptz not null default now()
);
insert into epochs (epoch) values (1);

-- Outbox and log in one: a row is unsent while it has no offset, and stays as long as its order.
create table events (
    id bigint generated always as identity primary key,
    lane text collate "C" not null,
    key text not null,
    number bigint,
    occurred_at timestamptz not null,
    headers text not null,
    body bytea not null,
    resend boolean not null default false,
    topic_id text,
    "offset" bigint
);
create index events_unsent on events (lane, resend, id) where "offset" is null;
create index events_by_key on events (key);
create index events_by_time on events using brin (occurred_at) with (pages_per_range = 16);

-- The topics of this service as it last saw them: another id is another log.
create table topics (
    topic text primary key,
    topic_id text not null
);

-- What this service has heard ---------------------------------------------------------------------

create table streams_in (
    topic text not null,
    key text not null,
    partition smallint not null,
    epoch integer not null default 0,
    base bigint not null default 0,
    last bigint not null default 0,
    last_at timestamptz,
    primary key (topic, key)
);
create index streams_in_by_time on streams_in (topic, partition, last_at);

create table positions (
    topic text not null,
    partition smallint not null,
    topic_id text not null,
    next_offset bigint not null,
    applied_at timestamptz,
    primary key (topic, partition)
);

-- Records that cannot be applied yet: held by a gap, a failure or a dead letter before them.
create table waiting (
    topic text not null,
    key text not null,
    number bigint not null,
    partition smallint not null,
    "offset" bigint not null,
    type text not null,
    headers text not null,
    body bytea not null,
    arrived_at timestamptz not null,
    ahead boolean not null default false,
    attempts integer not null default 0,
    due timestamptz,
    dead_at timestamptz,
    reason text not null,
    primary key (topic, key, number)
);
create index waiting_due on waiting (due) where due is not null;

-- Records without a readable key, number or epoch: kept for a person to look at, they hold nothing.
create table unreadable (
    topic text not null,
    topic_id text not null,
    partition smallint not null,
    "offset" bigint not null,
    key bytea,
    headers text not null,
    body bytea,
    reason text not null,
    arrived_at timestamptz not null,
    primary key (topic, topic_id, partition, "offset")
);

-- What was asked for again, so that a question is repeated with back-off and never in a storm.
create table asks (
    topic text not null,
    scope text not null,
    attempts integer not null default 0,
    next_at timestamptz not null,
    primary key (topic, scope)
);

-- Digests of other services' streams that wait until this service has read as far.
create table digests (
    topic text not null,
    partition smallint not null,
    window_from timestamptz not null,
    window_to timestamptz not null,
    topic_id text not null,
    "offset" bigint not null,
    streams bigint not null,
    digest text not null,
    primary key (topic, partition, window_from)
);

-- One stream's share in the digest of a window: both sides compute it from what they hold.
create function stream_digest(key text, last bigint) returns bigint
    language sql immutable parallel safe
    return ('x' || left(encode(sha256(convert_to(key || last, 'UTF8')), 'hex'), 16))::bit(64)::bigint;
