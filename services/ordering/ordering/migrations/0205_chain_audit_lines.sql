-- migrate:up

-- Every line knows the one before it by its hash: who changes or removes one is found out. Lines that stand here
-- already are chained in the order in which they were written.
alter table audit_lines add column number bigint, add column hash bytea;
create unique index audit_lines_in_chain on audit_lines (institution_id, number);
create index audit_lines_not_chained on audit_lines (institution_id) where number is null;
select chain_audit_lines('audit_lines', 'audit_id');

create constraint trigger chain after insert on audit_lines deferrable initially deferred
    for each row execute function chain_audit_at_commit('audit_id');
create trigger keep before update or delete on audit_lines for each row execute function keep_audit_line();
create trigger keep_all before truncate on audit_lines execute function keep_audit_line();

create view audit_trail as
select institution_id, number, hash, to_jsonb(a) as line from audit_lines a;
