"""Everything that the issuer stores about a student, for the student."""

import base64
from typing import Any
from uuid import UUID

from eventing import Connection
from issuer.store import export, holders
from issuer.vault import Vault


async def export_student(
    conn: Connection, vault: Vault, institution_id: str, student_ref: UUID
) -> dict[str, Any]:
    """Without the secrets of a moment: offer, activation code and notification id are no data of a person."""
    credentials = await export.credentials_of(conn, institution_id, student_ref)
    orders = [each["order_id"] for each in credentials]
    return {
        "office_hold": await export.hold_of(conn, institution_id, student_ref),
        "cards": [each | await _card(conn, vault, institution_id, each["order_id"]) for each in credentials],
        "reports_of_the_wallet": await export.reports_of(conn, orders),
        "audit": await export.audit_of(conn, orders),
    }


async def _card(conn: Connection, vault: Vault, institution_id: str, order_id: UUID) -> dict[str, Any]:
    further = await export.further_instances_of(conn, order_id)
    return {"further_instances": further, **await _person(conn, vault, institution_id, order_id)}


async def _person(conn: Connection, vault: Vault, institution_id: str, order_id: UUID) -> dict[str, Any]:
    """What is sealed here, opened; nothing once offer and card have ended."""
    sealed = await holders.load_holder(conn, order_id)
    if sealed is None:
        return {"holder": None, "photo_jpeg": None}
    safe = vault.card(sealed, institution_id)
    photo = safe.photo()
    return {
        "holder": safe.holder().model_dump(mode="json"),
        "photo_jpeg": base64.b64encode(photo).decode() if photo else None,
    }
