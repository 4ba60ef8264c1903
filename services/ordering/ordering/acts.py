"""What a student does, each act in a transaction of its own: API and pages call the same."""

from uuid import UUID

from contracts.ordering import CardChange, Locale
from eventing import UnitOfWork
from ordering.callers import Me
from ordering.parts import Parts
from ordering.use_cases.cancel_order import cancel_order
from ordering.use_cases.choose_language import choose_language
from ordering.use_cases.give_consent import give_consent
from ordering.use_cases.place_order import Placed, Wish, place_order
from ordering.use_cases.request_activation_code import request_activation_code
from ordering.use_cases.request_card_change import request_card_change
from ordering.use_cases.withdraw_consent import withdraw_consent
from servicekit.refusals import TooManyRequests
from servicekit.sessions import end_other_sessions, end_sessions_of
from servicekit.signin import Person


async def place(parts: Parts, me: Me, wish: Wish, idempotency_key: str) -> Placed:
    """The order as it was placed, also for a retry."""
    async with parts.works.begin() as work:
        placed = await place_order(
            work,
            parts.sealers,
            me.institution,
            me.ref,
            wish,
            idempotency_key=idempotency_key,
            signed_in_at=me.person.signed_in_at,
        )
        _touch(work, parts, placed.order.order_id)
    return placed


async def ask_for_new_code(parts: Parts, me: Me, order_id: UUID) -> None:
    async with parts.works.begin() as work:
        await request_activation_code(work, me.institution.limits, me.ref, order_id)
        _touch(work, parts, order_id)


async def cancel(parts: Parts, me: Me, order_id: UUID) -> None:
    async with parts.works.begin() as work:
        await cancel_order(work, me.ref, order_id)
        _touch(work, parts, order_id)


async def change_card(parts: Parts, me: Me, order_id: UUID, change: CardChange) -> None:
    """Freezing also signs the student out everywhere else."""
    async with parts.works.begin() as work:
        await request_card_change(work, me.ref, order_id, change, signed_in_at=me.person.signed_in_at)
        if change == "suspend":
            await _sign_out_elsewhere(work, me.person)
        if change == "reinstate":
            _limit_unfreezing(parts, order_id)
        _touch(work, parts, order_id)


def _limit_unfreezing(parts: Parts, order_id: UUID) -> None:
    """Freezing is never refused. Each change is told by mail, and stands in the timeline."""
    seconds = parts.unfreezings.take(str(order_id), parts.works.clock())
    if seconds is not None:
        raise TooManyRequests(seconds)


async def give(parts: Parts, me: Me, kind: str, version: str, locale: Locale) -> None:
    async with parts.works.begin() as work:
        await give_consent(
            work, parts.sealers, me.institution, me.ref, kind=kind, version=version, locale=locale
        )


async def withdraw(parts: Parts, me: Me, kind: str) -> None:
    async with parts.works.begin() as work:
        await withdraw_consent(work, parts.sealers, me.institution, me.ref, kind)


async def choose(parts: Parts, person: Person, language: Locale) -> None:
    """In which language whoever is signed in is told about orders; nothing for those who have none."""
    async with parts.works.begin() as work:
        await choose_language(work, parts.sealers, person.institution_id, person.subject, language)


def _touch(work: UnitOfWork, parts: Parts, order_id: UUID) -> None:
    work.after_commit(lambda: parts.changes.touch(order_id))


async def _sign_out_elsewhere(work: UnitOfWork, person: Person) -> None:
    if person.session is not None:
        await end_other_sessions(work.connection, person.session)
    else:
        await end_sessions_of(work.connection, person.institution_id, person.subject)
