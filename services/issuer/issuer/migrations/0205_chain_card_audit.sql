-- migrate:up

-- Every line knows the one before it by its hash: who changes or removes one is found out. Lines that stand here
-- already are chained in the order in which they were written.
alter table card_audit add column number bigint, add column hash bytea;

set local timezone to 'UTC';
do $$
declare
    each card_audit;
    head audit_chains;
begin
    for each in select * from card_audit order by id loop
        insert into audit_chains values (each.institution_id, 0, '') on conflict do nothing;
        select * into head from audit_chains where institution_id = each.institution_id;
        each.number := head.number + 1;
        each.hash := audit_hash(head.hash, to_jsonb(each));
        update card_audit set number = each.number, hash = each.hash where id = each.id;
        update audit_chains set number = each.number, hash = each.hash
        where institution_id = each.institution_id;
    end loop;
end;
$$;

alter table card_audit alter column number set not null, alter column hash set not null;
create unique index card_audit_in_chain on card_audit (institution_id, number);

create trigger chain before insert on card_audit for each row execute function chain_audit_line();
create trigger keep before update or delete on card_audit for each row execute function keep_audit_line();
create trigger keep_all before truncate on card_audit execute function keep_audit_line();

create view audit_trail as
select institution_id, number, hash, to_jsonb(a) as line from card_audit a;
