-- migrate:up

-- Questions for a partition that are being answered: slice by slice, so that no transaction is long.
create table answers (
    id bigint generated always as identity primary key,
    lane text collate "C" not null,
    since timestamptz not null,
    until timestamptz not null,
    next_id bigint,
    last_id bigint,
    unique (lane, since, until)
);
