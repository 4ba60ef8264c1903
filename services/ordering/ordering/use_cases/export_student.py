"""Everything that ordering stores about a student, for the student and whoever hands it over."""

import base64
from typing import Any

from eventing import Connection
from ordering import store
from ordering.domain import Order
from ordering.eligibility import Student
from ordering.sealing import Sealers, open_pesel
from ordering.store.consents import Consent
from ordering.timeline import Entry
from servicekit.sessions import sessions_of


async def export_student(
    conn: Connection, sealers: Sealers, student: Student, *, with_pesel: bool = True
) -> dict[str, Any]:
    orders = await store.orders.of_student(conn, student.student_ref)
    entries = await store.timeline.of_orders(conn, [order.order_id for order in orders])
    photo = await store.students.photo(conn, student.institution_id, student.photo_sha256 or "")
    return {
        "student": _student(student, sealers if with_pesel else None),
        "photo_jpeg": base64.b64encode(photo).decode() if photo else None,
        "consents": [
            _consent(consent) for consent in await store.consents.of_student(conn, student.student_ref)
        ],
        "orders": [_order(order, entries) for order in orders],
        "sessions": [
            {"signed_in_at": session.signed_in_at, "expires_at": session.expires_at}
            for session in await sessions_of(conn, student.institution_id, student.subject)
        ],
        "audit": [dict(line) for line in await store.audit.about_student(conn, student.student_ref)],
    }


def _student(student: Student, sealers: Sealers | None) -> dict[str, Any]:
    kept = {name: getattr(student, name) for name in Student.__slots__ if name != "pesel_sealed"}
    return {**kept, "pesel": open_pesel(sealers.students, student)} if sealers else kept


def _consent(consent: Consent) -> dict[str, Any]:
    return {name: getattr(consent, name) for name in Consent.__slots__}


def _order(order: Order, entries: list[Entry]) -> dict[str, Any]:
    """Without the code and the offer: they are secrets of a moment, and shown where they are used."""
    card = order.card
    return {
        "order_id": order.order_id,
        "status": order.state,
        "placed_at": order.placed_at,
        "channel": order.channel,
        "locale": order.locale,
        "replaces": order.replaces,
        "credential_id": order.credential_id,
        "card": {
            "issued_at": card.issued_at,
            "valid_until": card.valid_until,
            "device_label": card.device_label,
            "status": card.state,
            "holds": card.holds,
            "ended_at": card.ended_at,
        }
        if card.issued_at
        else None,
        "timeline": [
            {"occurred_at": entry.occurred_at, "kind": entry.kind, "details": entry.details}
            for entry in entries
            if entry.order_id == order.order_id
        ],
    }
