-- migrate:up

-- Browsers that take notifications for a student. The id is the beginning of the digest of the endpoint, so a
-- browser is here once, whoever turned it on last; endpoint and keys are sealed under this service's own keys.
create table push_subscriptions (
    id uuid primary key,
    institution_id text not null,
    student_ref uuid not null,
    sealed text not null,
    key_id text not null,
    created_at timestamptz not null,
    foreign key (institution_id, student_ref) references recipients on delete cascade
);
create index push_subscriptions_by_student on push_subscriptions (institution_id, student_ref);

-- A push is a delivery for each browser. What is still to be sent to one that is gone is dropped when it is due:
-- deleting it here would wait for senders that hold it, and they for each other.
alter table deliveries drop constraint deliveries_pkey;
alter table deliveries add column id bigint generated always as identity primary key;
alter table deliveries add column subscription_id uuid;
create unique index deliveries_once on deliveries (alert_id, channel, subscription_id) nulls not distinct;
drop index deliveries_pending;
create index deliveries_pending on deliveries (channel, due_at) where state = 'pending';

-- What a student wants to hear of by which channel; e-mail needs the consent besides.
alter table recipients add column by_email boolean not null default true;
alter table recipients add column by_push boolean not null default true;
