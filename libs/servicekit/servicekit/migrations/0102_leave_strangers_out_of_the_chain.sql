-- migrate:up

-- A commit numbers the lines of its own transaction, from the first that it wrote on. A line that stands outside the
-- chain was put there past the trigger: it stays outside, where it is found.
create function chain_audit_lines_from(audit text, id text, first bigint) returns void
    language plpgsql set timezone to 'UTC'
as $$
declare
    each record;
    head audit_chains;
begin
    for each in execute format(
        'select %1$I as id, institution_id, to_jsonb(t) as line from %2$I t where number is null and %1$I >= $1
         order by institution_id, %1$I', id, audit
    ) using first loop
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

-- For migrations, which take in all lines of before.
create or replace function chain_audit_lines(audit text, id text) returns void
    language sql
    return chain_audit_lines_from(audit, id, 0);

create or replace function chain_audit_at_commit() returns trigger
    language plpgsql
as $$
declare
    number bigint;
    id bigint;
begin
    execute format('select number, %2$I from %1$I where %2$I = ($1).%2$I', tg_table_name, tg_argv[0])
        into number, id using new;
    if number is null then
        perform chain_audit_lines_from(tg_table_name::text, tg_argv[0], id);
    end if;
    return null;
end;
$$;
