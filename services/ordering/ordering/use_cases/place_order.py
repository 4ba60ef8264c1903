"""Place an order: checked, written down and published, or refused with every reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from contracts.ordering import Channel, Locale, OrderPlaced
from eventing import UnitOfWork
from ordering import store
from ordering.domain import Order, as_placed
from ordering.eligibility import (
    Past,
    Student,
    check_consents,
    check_eligible,
    check_fresh,
    check_no_other,
    needs_fresh_sign_in,
    too_many_orders,
)
from ordering.problems import IdempotencyKeyReused, NotAStudent
from ordering.sealing import Sealers, seal_contact, seal_holder
from ordering.store.consents import Consent
from ordering.timeline import Entry, entry_of
from ordering.use_cases._contact import EMAIL_ALERTS, publish_contact
from servicekit.institutions import Institution


@dataclass(frozen=True, slots=True)
class Wish:
    """What the student asks for. `consents`: the versions accepted, by kind."""

    channel: Channel
    locale: Locale
    consents: Mapping[str, str]
    replaces: UUID | None

    def digest(self) -> bytes:
        parts = [self.channel, self.locale, sorted(self.consents.items()), str(self.replaces)]
        return sha256(json.dumps(parts).encode()).digest()


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as it was placed, whatever has happened since, and the first line of its timeline."""

    order: Order
    first_line: Entry


async def place_order(
    work: UnitOfWork,
    sealers: Sealers,
    institution: Institution,
    student_ref: UUID,
    wish: Wish,
    *,
    idempotency_key: str,
    signed_in_at: datetime | None,
) -> Placed:
    """The same wish under the same key is the same order, also when they race."""
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        raise NotAStudent
    earlier, before = await store.orders.placed_by(work.connection, student_ref, idempotency_key)
    if before is not None:
        return await _the_same(work, *before, wish)
    past = await store.past.of_orders(work.connection, earlier)
    _check(student, past, institution, wish, work.now, signed_in_at)
    order = _new_order(work, student, wish)
    stood = await store.consents.stands(work.connection, student_ref, EMAIL_ALERTS)
    if EMAIL_ALERTS in wish.consents and not stood:
        publish_contact(work, sealers, student, past.orders, email_alerts=True)
    valid_until = student.card_end(institution.valid_until(work.now), work.now)
    email_alerts = stood or EMAIL_ALERTS in wish.consents
    event = _order_placed(work, sealers, student, order, valid_until, email_alerts=email_alerts)
    placed = Placed(order, entry_of(event, order.last_entry, order.state))
    await _write(work, placed, wish, idempotency_key)
    work.publish(event)
    return placed


async def _the_same(work: UnitOfWork, order: Order, digest: bytes, wish: Wish) -> Placed:
    if digest != wish.digest():
        raise IdempotencyKeyReused
    first_line, *_ = await store.timeline.of_order(work.connection, order.order_id)
    return Placed(as_placed(order), first_line)


async def _write(work: UnitOfWork, placed: Placed, wish: Wish, idempotency_key: str) -> None:
    given = [
        Consent(kind, version, wish.locale, placed.order.order_id, work.now, None)
        for kind, version in sorted(wish.consents.items())
    ]
    await store.placing.add(
        work.connection,
        placed.order,
        placed.first_line,
        given,
        [work.new_id() for _ in given],
        idempotency_key=idempotency_key,
        request_digest=wish.digest(),
    )


def _check(
    student: Student,
    past: Past,
    institution: Institution,
    wish: Wish,
    now: datetime,
    signed_in_at: datetime | None,
) -> None:
    check_consents(institution, wish.consents)
    check_eligible(student, institution, now)
    check_no_other(past, wish.replaces, now)
    if too_many := too_many_orders(past, institution.limits.orders_per_day, now):
        raise too_many
    if needs_fresh_sign_in(past, wish.replaces, now):
        check_fresh(signed_in_at, now)


def _new_order(work: UnitOfWork, student: Student, wish: Wish) -> Order:
    return Order(
        order_id=work.new_id(),
        institution_id=student.institution_id,
        student_ref=student.student_ref,
        placed_at=work.now,
        channel=wish.channel,
        locale=wish.locale,
        replaces=wish.replaces,
        photo_sha256=student.photo_sha256,
        last_entry=1,
    )


def _order_placed(
    work: UnitOfWork,
    sealers: Sealers,
    student: Student,
    order: Order,
    valid_until: datetime,
    *,
    email_alerts: bool,
) -> OrderPlaced:
    holder = seal_holder(sealers, OrderPlaced, order.order_id, student, order.locale, valid_until)
    contact = seal_contact(sealers, OrderPlaced, order.order_id, student, email_alerts=email_alerts)
    return OrderPlaced(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=order.institution_id,
        order_id=order.order_id,
        student_ref=order.student_ref,
        channel=order.channel,
        locale=order.locale,
        replaces=order.replaces,
        office_hold=student.office_hold,
        hold_version=student.hold_version,
        holder_sealed=holder,
        contact_sealed=contact,
    )
