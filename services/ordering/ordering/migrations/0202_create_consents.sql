-- migrate:up

-- Each giving of a consent is a row; a withdrawal ends it. What was accepted stays provable.
create table consents (
    consent_id uuid primary key,
    institution_id text not null,
    student_ref uuid not null references students,
    kind text not null,
    version text not null,
    locale text not null,
    order_id uuid,
    given_at timestamptz not null,
    withdrawn_at timestamptz
);
create index consents_by_student on consents (student_ref, kind, given_at);

-- Who did, or tried, what. No names, no subjects: references only.
create table audit_lines (
    audit_id bigint generated always as identity primary key,
    institution_id text not null,
    at timestamptz not null,
    actor_ref text not null,
    action text not null,
    order_id uuid,
    student_ref uuid,
    details jsonb not null default '{}'
);
create index audit_lines_by_student on audit_lines (student_ref) where student_ref is not null;
create index audit_lines_by_order on audit_lines (order_id) where order_id is not null;
