-- migrate:up

-- Who did what to which card, and when. Lines are only ever added, and stay when the person is erased.
create table card_audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    institution_id text not null,
    order_id uuid not null,
    credential_id uuid,
    action text not null,
    by text not null,
    actor_ref text,
    reason text
);
create index card_audit_by_order on card_audit (order_id);
