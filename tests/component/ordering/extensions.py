"""Many cards at once, and an issuer that answers what it is asked about them."""

from datetime import datetime
from itertools import count
from uuid import UUID, uuid4

from contracts.issuer import CardExtended
from contracts.ordering import CardChangeRequested
from eventing import Received, Works
from ordering.sealing import Sealers
from ordering.use_cases.feed_extensions import Fed, feed_extensions
from tests.component.ordering.scene import HANDLERS, NOON, SEMESTER_END, add_students
from tests.eventlog import published


async def add_cards(works: Works, sealers: Sealers, number: int) -> list[UUID]:
    """Students with a card each; their orders."""
    students = await add_students(works, sealers, number)
    order_ids = [uuid4() for _ in students]
    await works.pool.execute(
        """
        insert into orders (order_id, institution_id, student_ref, lane, placed_at, channel, locale,
            idempotency_key, request_digest, state, generation, offered, last_entry, credential_id,
            card_issued_at, card_valid_until)
        select o.order_id, 'umcs', o.student_ref, 0, $3, 'mobile', 'pl', 'key', '', 'ACTIVATED', 1, 1, 3,
            gen_random_uuid(), $3, $4
        from unnest($1::uuid[], $2::uuid[]) as o(order_id, student_ref)
        """,
        order_ids,
        students,
        NOON,
        SEMESTER_END,
    )
    return order_ids


async def feed(works: Works) -> Fed:
    async with works.begin() as work:
        return await feed_extensions(work)


async def asked(works: Works) -> list[CardChangeRequested]:
    return [event for event in await published(works.pool) if isinstance(event, CardChangeRequested)]


class Answers:
    """Answers each request once, as the issuer would."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._answered: set[UUID] = set()
        self._numbers = count(1)

    async def give(self, most: int = 1_000_000) -> int:
        requests = [event for event in await asked(self._works) if event.event_id not in self._answered]
        answers = [self._answer(event, event.valid_until) for event in requests[:most]]
        self._answered |= {event.event_id for event in requests[:most]}
        if answers:
            async with self._works.begin() as work:
                await HANDLERS[CardExtended](work, answers)
        return len(answers)

    def _answer(self, event: CardChangeRequested, until: datetime | None) -> Received[CardExtended]:
        assert until is not None
        told = CardExtended(
            event_id=uuid4(),
            occurred_at=event.occurred_at,
            institution_id=event.institution_id,
            order_id=event.order_id,
            valid_until=until,
        )
        return Received(told, next(self._numbers))
