"""Students who are signed in already: their sessions are written where the portal looks for them."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bench.driving import request
from bench.stacks import connected
from bench.waiting_orders import INSTITUTION
from devstack.stack import Stack
from servicekit.sessions import session_hash


async def sign_in(stack: Stack, subjects: Sequence[str]) -> dict[str, dict[str, str]]:
    """The headers that the browser of each of them sends, by subject."""
    cookies = {subject: secrets.token_urlsafe(32) for subject in subjects}
    now = datetime.now(UTC)
    rows = [
        (session_hash(cookie), INSTITUTION, subject, now, now + timedelta(hours=8))
        for subject, cookie in cookies.items()
    ]
    async with connected(stack.databases["ordering"]) as connection:
        columns = ["id_hash", "institution_id", "subject", "signed_in_at", "expires_at"]
        await connection.copy_records_to_table("sessions", records=rows, columns=columns)
    origin = {"Origin": stack.url("ordering"), "Accept-Language": "pl"}
    return {subject: origin | {"Cookie": f"legitka-ordering={cookie}"} for subject, cookie in cookies.items()}


def order_of(stack: Stack, headers: Mapping[str, str], body: str, key: str) -> str:
    """The request by which somebody orders a card."""
    own = {"Content-Type": "application/json", "Idempotency-Key": key}
    return request("POST", f"{stack.url('ordering')}/api/v1/orders", {**headers, **own}, body)
