-- migrate:up

-- Every line knows the one before it by its hash: who changes or removes one is found out. Lines that stand here
-- already are chained in the order in which they were written.
alter table audit_lines add column number bigint, add column hash bytea;

set local timezone to 'UTC';
do $$
declare
    each audit_lines;
    head audit_chains;
begin
    for each in select * from audit_lines order by audit_id loop
        insert into audit_chains values (each.institution_id, 0, '') on conflict do nothing;
        select * into head from audit_chains where institution_id = each.institution_id;
        each.number := head.number + 1;
        each.hash := audit_hash(head.hash, to_jsonb(each));
        update audit_lines set number = each.number, hash = each.hash where audit_id = each.audit_id;
        update audit_chains set number = each.number, hash = each.hash
        where institution_id = each.institution_id;
    end loop;
end;
$$;

alter table audit_lines alter column number set not null, alter column hash set not null;
create unique index audit_lines_in_chain on audit_lines (institution_id, number);

create trigger chain before insert on audit_lines for each row execute function chain_audit_line();
create trigger keep before update or delete on audit_lines for each row execute function keep_audit_line();
create trigger keep_all before truncate on audit_lines execute function keep_audit_line();

create view audit_trail as
select institution_id, number, hash, to_jsonb(a) as line from audit_lines a;
