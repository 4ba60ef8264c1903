-- migrate:up

-- For services that keep an audit: the last line of each institution's chain. A line is numbered and hashed with the
-- line before it, under the lock of this row, so that a chain never forks and a line that is missing is missed.
create table audit_chains (
    institution_id text primary key,
    number bigint not null,
    hash bytea not null
);

create function audit_hash(previous bytea, line jsonb) returns bytea
    language sql immutable strict
    return sha256(previous || convert_to(jsonb_strip_nulls(line - 'hash')::text, 'UTF8'));

-- Times are hashed as they are in UTC, whatever the zone of the session.
create function chain_audit_line() returns trigger
    language plpgsql set timezone to 'UTC'
as $$
declare
    head audit_chains;
begin
    insert into audit_chains values (new.institution_id, 0, '') on conflict do nothing;
    select * into head from audit_chains where institution_id = new.institution_id for update;
    new.number := head.number + 1;
    new.hash := audit_hash(head.hash, to_jsonb(new));
    update audit_chains set number = new.number, hash = new.hash where institution_id = new.institution_id;
    return new;
end;
$$;

create function keep_audit_line() returns trigger
    language plpgsql
as $$
begin
    raise exception 'lines of an audit are only ever added';
end;
$$;
