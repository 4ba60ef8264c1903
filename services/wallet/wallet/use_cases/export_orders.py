"""Everything that the wallet service stores about orders: whose they are, it does not know."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventing import Connection
from wallet.store import export


async def export_orders(conn: Connection, order_ids: Sequence[UUID]) -> dict[str, Any]:
    return {
        "offers": await export.offers_of(conn, order_ids),
        "cards": await export.cards_of(conn, order_ids),
    }
