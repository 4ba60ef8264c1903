"""What must hold after every step of a play, read from rows and from what was said, not from decisions."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.issuer import CardIssued, CardReplaced, CardRevoked, CardUpdated
from contracts.wallet import ActivationAccepted
from issuer import status_list
from issuer.store import status
from tests.component.lifecycle.people import People
from tests.component.lifecycle.world import World

MOST_ATTEMPTS = 5
SAID_BY_STATE = {"offered": 0, "withdrawn": 0, "rejected": 0, "active": 0, "suspended": 2}
REVOKED = 1


async def cards(world: World) -> list[asyncpg.Record]:
    """The issuer's rows about the student."""
    rows: list[asyncpg.Record] = await world.services["issuer"].works.pool.fetch(
        """
        select c.*, (
            select array_agg((l.number, e.idx)) from status_entries e join status_lists l using (list_id)
            where e.order_id = c.order_id
        ) as places
        from credentials c where c.student_ref = $1
        """,
        world.student_ref,
    )
    return rows


def at_most_one_stands(world: World, rows: list[asyncpg.Record]) -> None:
    """By the rows, and by what the issuer has said in the order of saying it."""
    assert sum(row["state"] in ("active", "suspended") for row in rows) <= 1
    standing: set[UUID] = set()
    for event in world.said.events.get("issuer", []):
        match event:
            case CardIssued():
                assert event.order_id not in standing, "issued twice"
                standing.add(event.order_id)
                assert len(standing) == 1, "two cards were said to stand"
            case CardRevoked() | CardReplaced():
                standing.discard(event.order_id)


ENDED = {
    "issuer": "select order_id from credentials where student_ref = $1 and state in ('revoked', 'replaced')",
    "ordering": "select order_id from orders where student_ref = $1 and card_end is not null",
    "wallet": "select order_id from cards where order_id = any($1) and ended is not null",
    "notifier": "",
}


async def cards_ended(world: World, name: str, orders: Collection[UUID]) -> set[UUID]:
    """The orders of this play whose cards have ended, as one service knows."""
    if not ENDED[name]:
        return set()
    about = list(orders) if name == "wallet" else world.student_ref
    rows = await world.services[name].works.pool.fetch(ENDED[name], about)
    return {row["order_id"] for row in rows}


def the_list_says_what_the_rows_say(lists: Mapping[int, bytes], rows: list[asyncpg.Record]) -> None:
    """Of every instance of a card."""
    for row in rows:
        for number, index in row["places"] or ():
            said = lists[number][index // 4] >> index % 4 * 2 & 3
            assert said == SAID_BY_STATE.get(row["state"], REVOKED), row["state"]


async def lists(world: World, rows: list[asyncpg.Record]) -> dict[int, bytes]:
    """The status lists that hold the student's cards, as they would be signed now."""
    packed = {}
    async with world.services["issuer"].works.pool.acquire() as connection:
        for number in {number for row in rows for number, _ in row["places"] or ()}:
            found = await status.load_list(connection, "umcs", number)
            assert found is not None
            packed[number] = status_list.pack(*found)
    return packed


def every_card_has_one_accepted_activation(people: People, rows: list[asyncpg.Record]) -> None:
    """And every activation at most one card, of one key, whoever asked with its token."""
    accepted = {
        str(event.activation_id): (event.order_id, event.generation)
        for event in people.world.said.events.get("wallet", [])
        if isinstance(event, ActivationAccepted)
    }
    made = [row for row in rows if row["activation_id"] is not None]
    for row in made:
        assert accepted[row["activation_id"]] == (row["order_id"], row["generation"])
    assert all(times == 1 for times in Counter(row["activation_id"] for row in made).values())
    assert all(len(keys) == 1 for keys in people.keys_of.values()), "two phones hold one card"


def no_end_comes_nearer(known: dict[UUID, datetime], rows: list[asyncpg.Record]) -> dict[UUID, datetime]:
    """Phones hold signed cards that say the later day. Answers the ends as they are now."""
    ends = {row["order_id"]: row["valid_until"] for row in rows if row["holder_jkt"]}
    assert all(known.get(order_id, end) <= end for order_id, end in ends.items()), "a card was shortened"
    return ends


async def attempts_stay_within_the_limit(people: People) -> None:
    pool = people.world.services["wallet"].works.pool
    most = await pool.fetchval(
        "select max(attempts) from offers where offer_id = any($1)", [each.offer_id for each in people.seen]
    )
    assert (most or 0) <= MOST_ATTEMPTS
    assert all(times <= MOST_ATTEMPTS for times in people.wrong_codes.values()), "compared too often"


async def everybody_agrees(world: World, rows: list[asyncpg.Record]) -> None:
    """Once all was heard: the others know each card as the issuer has it."""
    by_issuer = {
        row["order_id"]: _as_known(row["state"], row["holds"], row["valid_until"])
        for row in rows
        if row["holder_jkt"]
    }
    orders = await world.services["ordering"].works.pool.fetch(
        """
        select order_id, coalesce(lower(card_end), '') as ended, card_holds as holds,
            card_valid_until as valid_until
        from orders where student_ref = $1 and card_issued_at is not null
        """,
        world.student_ref,
    )
    wallet = await world.services["wallet"].works.pool.fetch(
        """
        select order_id, coalesce(ended, '') as ended, holds, valid_until, revision from cards
        where order_id = any($1) and credential_id is not null
        """,
        list(by_issuer),
    )
    for told in (orders, wallet):
        known = {row["order_id"]: _as_known(row["ended"], row["holds"], row["valid_until"]) for row in told}
        assert known == by_issuer
    revisions = _revisions_told(world)
    known_by_wallet = {row["order_id"]: row["revision"] for row in wallet if row["order_id"] in revisions}
    assert known_by_wallet == {order_id: revisions[order_id] for order_id in known_by_wallet}


def _revisions_told(world: World) -> dict[UUID, int]:
    """The last of each card: new data before there is a card are told to nobody."""
    said = world.said.events.get("issuer", [])
    return {event.order_id: event.revision for event in said if isinstance(event, CardUpdated)}


def _as_known(state: str, holds: list[str], until: datetime) -> tuple[str, frozenset[str], datetime | None]:
    """What a card that has ended was held for, and how long it was good, says nothing more."""
    if state in ("revoked", "replaced"):
        return state, frozenset(), None
    return "stands", frozenset(holds), until
