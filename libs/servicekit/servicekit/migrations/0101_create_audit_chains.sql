-- migrate:up

-- For services that keep an audit: the last line of each institution's chain.
create table audit_chains (
    institution_id text primary key,
    number bigint not null,
    hash bytea not null
);

create function audit_hash(previous bytea, line jsonb) returns bytea
    language sql immutable strict
    return sha256(previous || convert_to(jsonb_strip_nulls(line - 'hash')::text, 'UTF8'));

-- Give the lines of a table that have none their number, and a hash over line and former hash. Under the lock of the
-- chain, so that it never forks; chain after chain in one order. Times count as they are in UTC.
create function chain_audit_lines(audit text, id text) returns void
    language plpgsql set timezone to 'UTC'
as $$
declare
    each record;
    head audit_chains;
begin
    for each in execute format(
        'select %1$I as id, institution_id, to_jsonb(t) as line from %2$I t where number is null
         order by institution_id, %1$I', id, audit
    ) loop
        insert into audit_chains values (each.institution_id, 0, '') on conflict do nothing;
        select * into head from audit_chains where institution_id = each.institution_id for update;
        head.number := head.number + 1;
        head.hash := audit_hash(head.hash, each.line || jsonb_build_object('number', head.number));
        execute format('update %I set number = $1, hash = $2 where %I = $3', audit, id)
            using head.number, head.hash, each.id;
        update audit_chains set number = head.number, hash = head.hash
        where institution_id = each.institution_id;
    end loop;
end;
$$;

-- At the end of a transaction, when it waits for nothing else any more: the first line chains all of them.
create function chain_audit_at_commit() returns trigger
    language plpgsql
as $$
declare
    number bigint;
begin
    execute format('select number from %1$I where %2$I = ($1).%2$I', tg_table_name, tg_argv[0]) into number using new;
    if number is null then
        perform chain_audit_lines(tg_table_name::text, tg_argv[0]);
    end if;
    return null;
end;
$$;

create function keep_audit_line() returns trigger
    language plpgsql
as $$
begin
    if tg_op = 'UPDATE' then
        if old.number is null
            and to_jsonb(new) - '{number,hash}'::text[] = to_jsonb(old) - '{number,hash}'::text[]
        then
            return new;
        end if;
    end if;
    raise exception 'lines of an audit are only ever added';
end;
$$;
