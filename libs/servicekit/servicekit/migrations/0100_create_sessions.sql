-- Who is signed in here. A row is found by the hash of the cookie only; `subject` may be a keyed hash.
create table sessions (
    id_hash bytea primary key,
    institution_id text not null,
    subject text not null,
    signed_in_at timestamptz,
    expires_at timestamptz not null,
    -- needed to sign out at the provider; opens only with the cookie itself
    id_token_sealed bytea
);

create index sessions_by_person on sessions (institution_id, subject);
create index sessions_by_end on sessions (expires_at);
