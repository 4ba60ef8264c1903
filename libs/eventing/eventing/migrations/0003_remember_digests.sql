-- migrate:up

-- How far each lane has told of its streams: windows that nobody was there for are told later.
create table digested (
    lane text collate "C" primary key,
    until timestamptz not null
);
