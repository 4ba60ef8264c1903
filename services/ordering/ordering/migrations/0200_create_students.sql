-- migrate:up

-- Portraits as they go into cards: checked, re-encoded, at most 15 kB. A card in use keeps the one it was made with.
create table photos (
    institution_id text not null,
    sha256 text not null,
    jpeg bytea not null,
    created_at timestamptz not null,
    primary key (institution_id, sha256)
);

-- Whoever is on a list of students. Events know a student by student_ref alone.
create table students (
    student_ref uuid primary key,
    institution_id text not null,
    subject text not null,
    student_number text not null,
    given_names text not null,
    family_name text not null,
    birth_date date not null,
    pesel_sealed text,  -- sealing.seal_pesel; never in the clear at rest
    email text not null,
    status text not null check (status in ('active', 'suspended', 'struck_off', 'graduated')),
    programme text not null,
    cycle text not null check (cycle in ('first', 'second', 'long', 'doctoral', 'postgraduate')),
    study_kind text not null,
    plastic_card_valid_until date,
    data_changed_at timestamptz,  -- changed and not yet confirmed by the office
    photo_sha256 text,
    card_valid_until timestamptz,  -- the end of a card made now, where it differs from the semester's
    office_hold boolean not null default false,
    hold_version integer not null default 0,
    imported_at timestamptz not null,
    unique (institution_id, subject),
    foreign key (institution_id, photo_sha256) references photos (institution_id, sha256)
);

-- Not every student has a number yet.
create unique index students_by_number on students (institution_id, student_number) where student_number <> '';

-- Whoever acts for the dean's office: made by a command, never by a claim of the identity provider.
create table clerks (
    clerk_ref uuid primary key,
    institution_id text not null,
    subject text not null,
    added_at timestamptz not null,
    unique (institution_id, subject)
);
