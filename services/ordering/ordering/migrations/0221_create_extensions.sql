-- migrate:up

-- The cards of one institution extended to one day: previewed by somebody, started by naming the preview.
create table extensions (
    extension_id uuid primary key,
    institution_id text not null,
    until timestamptz not null,
    state text not null check (state in ('previewed', 'running', 'done', 'cancelled')),
    left_out jsonb not null default '{}',  -- how many of the chosen students, by reason
    previewed_at timestamptz not null,
    started_by text,
    started_at timestamptz,
    ended_at timestamptz
);
create unique index extensions_running_once on extensions (institution_id) where state = 'running';
create index extensions_by_institution on extensions (institution_id, previewed_at desc);

-- Its cards as they were previewed, each with its own end. `left_out`: not extended after all, since it changed meanwhile.
create table extension_cards (
    extension_id uuid not null references extensions on delete cascade,
    order_id uuid not null,
    ends_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'asked', 'left_out')),
    primary key (extension_id, order_id)
);
create index extension_cards_waiting on extension_cards (extension_id, order_id) where state = 'waiting';
create index extension_cards_by_order on extension_cards (order_id);

-- How far the asking is ahead of the answers.
create index open_extensions on open_questions (order_id) where question = 'extend';
-- The newest card of a student.
create index orders_with_card on orders (student_ref, card_issued_at) where card_issued_at is not null;
