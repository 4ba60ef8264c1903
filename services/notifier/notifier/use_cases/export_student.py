"""Everything that the notifier stores about a student, for the student."""

from typing import Any

from eventing import Connection
from notifier.contacts import Contacts
from notifier.domain import KeptSubscription, Recipient
from notifier.store import export, recipients
from notifier.subscriptions import Subscriptions


async def export_student(
    conn: Connection, contacts: Contacts, subscriptions: Subscriptions, recipient: Recipient
) -> dict[str, Any]:
    """Sealed values are opened; the secrets by which a browser reads its pushes are left out."""
    return {
        "preferences": await recipients.preferences(conn, recipient),
        "orders": [_order(contacts, recipient, row) for row in await export.orders_of(conn, recipient)],
        "alerts": await export.alerts_of(conn, recipient),
        "browsers": [
            _browser(subscriptions, recipient, row) for row in await export.subscriptions_of(conn, recipient)
        ],
    }


def _order(contacts: Contacts, recipient: Recipient, row: dict[str, Any]) -> dict[str, Any]:
    sealed = row.pop("contact_sealed")
    contact = contacts.open_kept(recipient.institution_id, row["id"], sealed) if sealed else None
    return row | {"contact": contact}


def _browser(subscriptions: Subscriptions, recipient: Recipient, row: dict[str, Any]) -> dict[str, Any]:
    kept = KeptSubscription(row["id"], row["sealed"], row["key_id"])
    opened = subscriptions.open_kept(recipient.institution_id, kept)
    return {"endpoint": opened.endpoint, "since": row["created_at"]}
