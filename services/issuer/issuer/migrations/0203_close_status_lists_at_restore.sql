-- migrate:up

-- What a list says of an index that is nobody's. After a restore it is revoked in the lists from before: it may
-- be that of a card which was issued and then forgotten.
alter table status_lists add column unallocated smallint not null default 0 check (unallocated in (0, 1));
