-- migrate:up

-- A photo goes with the last student and the last order that has it: both are asked for each photo.
create index students_by_photo on students (institution_id, photo_sha256) where photo_sha256 is not null;
create index orders_by_photo on orders (institution_id, photo_sha256) where photo_sha256 is not null;
