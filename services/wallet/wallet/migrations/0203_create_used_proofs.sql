-- migrate:up

-- A DPoP proof is good for one token. The row may go when the proof has lapsed.
create table used_proofs (
    digest bytea primary key,
    lapses_at timestamptz not null
);
create index used_proofs_lapsing on used_proofs (lapses_at);
