-- migrate:up

-- Until when somebody who has graduated keeps the card; none for everybody else.
alter table students add column rights_until timestamptz;
create index students_by_rights on students (rights_until) where rights_until is not null;
-- Who is known to have graduated did so on the day of the list that told it.
update students
set rights_until = make_timestamptz(
    extract(year from imported_at at time zone 'Europe/Warsaw')::int, 10, 31, 23, 59, 59, 'Europe/Warsaw'
)
where status = 'graduated' and cycle = 'first';
