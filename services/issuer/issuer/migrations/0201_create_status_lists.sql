-- migrate:up

create table status_lists (
    list_id integer generated always as identity primary key,
    institution_id text not null,
    number integer not null,
    size integer not null,
    -- New cards go into the newest list that is open.
    is_open boolean not null default true,
    unique (institution_id, number)
);

-- One row per allocated index. A list is derived from these rows and stored nowhere.
create table status_entries (
    list_id integer not null references status_lists,
    idx integer not null,
    order_id uuid not null,
    status smallint not null default 0 check (status between 0 and 2),
    primary key (list_id, idx)
);
create index status_entries_by_order on status_entries (order_id);
create index status_entries_set on status_entries (list_id, idx, status) where status <> 0;
