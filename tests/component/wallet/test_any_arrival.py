"""What may come ahead of its turn leads to the same end as if all had come in order."""

import random
from typing import Any

import pytest

from contracts.catalogue import passes_held_key
from eventing import Works
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NEXT_MONTH, Order, Told, tell


def life_of(order: Order, ending: str) -> list[Told]:
    """All that can happen to an order and its card, in the order of the issuer's numbers."""
    told = [
        order.ready(1),
        order.ready(2),
        order.issued(2),
        order.suspended("holder"),
        order.reinstated(),
        order.suspended("holder", "office"),
        order.reinstated("office"),
        order.extended(NEXT_MONTH.replace(year=2027)),
    ]
    match ending:
        case "revoked":
            told.append(order.revoked())
        case "suspended":
            told.append(order.suspended("system", "office"))
        case "erased":
            told += [order.revoked(), order.erased()]
    return told


def shuffle(lives: list[list[Told]], chance: random.Random) -> list[Told]:
    """Streams interleaved, each in order; what may pass a held key also comes ahead of its turn."""
    turns = [index for index, life in enumerate(lives) for _ in life]
    chance.shuffle(turns)
    rest = [iter(life) for life in lives]
    arrival = [next(rest[index]) for index in turns]
    for told in [each for each in arrival if passes_held_key(each.event)]:
        if chance.random() < 0.7:
            arrival.insert(chance.randrange(arrival.index(told) + 1), told)
    return arrival


async def picture(works: Works) -> dict[str, list[dict[str, Any]]]:
    async with works.begin() as work:
        return {
            table: [dict(row) for row in await work.connection.fetch(f"select * from {table} order by 1, 2")]
            for table in ("offers", "cards")
        }


@pytest.mark.parametrize("ending", ["active", "suspended", "revoked", "erased"])
async def test_any_arrival_ends_like_the_arrival_in_order(
    works: Works, new_order: NewOrder, ending: str
) -> None:
    old, new = new_order(), new_order()
    swap = [new.ready(), new.issued(replaces=old.credential_id)]
    lives = [life_of(old, ending), swap]
    await tell(works, *lives[0], *lives[1])
    in_order = await picture(works)
    chance = random.Random(20261001)

    for _ in range(12):
        async with works.begin() as work:
            await work.connection.execute(
                "truncate offers, cards, replacements, presentations, erased_orders"
            )
        await tell(works, *shuffle(lives, chance))

        assert settled(await picture(works)) == settled(in_order)


def settled(seen: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """A swap ends a card that stood; one that had ended already keeps its end, whichever was told first."""
    for card in seen["cards"]:
        card["ended"] = card["ended"] and "ended"
    for offer in seen["offers"]:
        offer["ended"] = offer["ended"] and "ended"
    return seen
