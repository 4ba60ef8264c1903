-- migrate:up

-- Who was a clerk once stays known: the audit names clerks by reference alone.
alter table clerks add column removed_at timestamptz;
