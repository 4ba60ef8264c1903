-- migrate:up

-- Every line knows the one before it by its hash: who changes or removes one is found out. Lines that stand here
-- already are chained in the order in which they were written.
alter table card_audit add column number bigint, add column hash bytea;
create unique index card_audit_in_chain on card_audit (institution_id, number);
create index card_audit_not_chained on card_audit (institution_id) where number is null;
select chain_audit_lines('card_audit', 'id');

create constraint trigger chain after insert on card_audit deferrable initially deferred
    for each row execute function chain_audit_at_commit('id');
create trigger keep before update or delete on card_audit for each row execute function keep_audit_line();
create trigger keep_all before truncate on card_audit execute function keep_audit_line();

create view audit_trail as
select institution_id, number, hash, to_jsonb(a) as line from card_audit a;
