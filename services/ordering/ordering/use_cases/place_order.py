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
from ordering.timeline import entry_of
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


async def place_order(
    work: UnitOfWork,
    sealers: Sealers,
    institution: Institution,
    student_ref: UUID,
    wish: Wish,
    *,
    idempotency_key: str,
    signed_in_at: datetime | None,
) -> Order:
    """The order as it was placed. The same wish under the same key is the same order, also when they race."""
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        raise NotAStudent
    if before := await store.orders.placed_under(work.connection, student_ref, idempotency_key):
        return _the_same(*before, wish)
    past = await store.past.of_student(work.connection, student_ref)
    _check(student, past, institution, wish, work.now, signed_in_at)
    order = _new_order(work, student, wish)
    await store.orders.add(work.connection, order, idempotency_key, wish.digest())
    email_alerts = await _accept_consents(work, sealers, student, past, order, wish)
    valid_until = student.card_end(institution.valid_until(work.now), work.now)
    event = _order_placed(work, sealers, student, order, valid_until, email_alerts=email_alerts)
    await _record_first(work, order, event)
    return order


def _the_same(order: Order, digest: bytes, wish: Wish) -> Order:
    if digest != wish.digest():
        raise IdempotencyKeyReused
    return as_placed(order)


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


async def _record_first(work: UnitOfWork, order: Order, event: OrderPlaced) -> None:
    """The line of its timeline that the order was written with, and what is asked of the issuer."""
    await store.timeline.add(work.connection, [entry_of(event, order.last_entry, order.state)])
    await store.questions.ask(work.connection, [(order.order_id, "offer")], work.now)
    work.publish(event)


async def _accept_consents(
    work: UnitOfWork, sealers: Sealers, student: Student, past: Past, order: Order, wish: Wish
) -> bool:
    """Keep what was accepted; whether e-mails may be sent. Earlier orders are told when that is new."""
    stood = await store.consents.stands(work.connection, student.student_ref, EMAIL_ALERTS)
    given = [
        Consent(kind, version, wish.locale, order.order_id, work.now, None)
        for kind, version in sorted(wish.consents.items())
    ]
    ids = [work.new_id() for _ in given]
    await store.consents.add(work.connection, student.institution_id, student.student_ref, given, ids)
    if EMAIL_ALERTS in wish.consents and not stood:
        publish_contact(work, sealers, student, past.orders, email_alerts=True)
    return stood or EMAIL_ALERTS in wish.consents


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
