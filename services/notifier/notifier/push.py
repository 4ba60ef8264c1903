"""Turns an alert into a message for a push service: encrypted, and nothing private in it. Sends nothing."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from notifier.domain import Delivery
from notifier.push_encryption import encrypt
from notifier.subscriptions import Subscription
from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import SigningKey
from servicekit.tokens import sign_jwt

TEXT_SIZE = 256  # all messages are of one length, so that it tells nothing
TOKEN_LASTS = timedelta(hours=12)  # RFC 8292 allows a day
_LONGEST_WAIT = timedelta(days=28)  # what push services keep at most
_USUAL_WAIT = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Message:
    """A request of RFC 8030."""

    endpoint: str
    headers: dict[str, str]
    body: bytes


def application_server_key(key: SigningKey) -> str:
    """Our public key as browsers are given it: the uncompressed point."""
    jwk = key.public_jwk()
    return to_base64url(b"\x04" + from_base64url(jwk["x"]) + from_base64url(jwk["y"]))


def compose(
    delivery: Delivery, subscription: Subscription, key: SigningKey, contact: str, now: datetime
) -> Message:
    """`contact` (mailto: or https:) is whom the push service may ask about us."""
    headers = {
        "Authorization": _vapid(subscription.endpoint, key, contact, now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(_wait(delivery, now).total_seconds())),
        "Topic": _topic(delivery.order_id),
        "Urgency": "normal" if delivery.kind == "ready_to_activate" else "high",
    }
    body = encrypt(
        _text(delivery),
        browser=from_base64url(subscription.p256dh),
        secret=from_base64url(subscription.auth),
        key=generate_private_key(SECP256R1()),
        salt=secrets.token_bytes(16),
        size=TEXT_SIZE,
    )
    return Message(subscription.endpoint, headers, body)


def _text(delivery: Delivery) -> bytes:
    """Words are the browser's; the page behind the link asks who is there."""
    said = {
        "kind": delivery.kind,
        "link": f"/orders/{delivery.order_id}",
        "language": delivery.locale,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def _vapid(endpoint: str, key: SigningKey, contact: str, now: datetime) -> str:
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LASTS).timestamp()),
        "sub": contact,
    }
    return f"vapid t={sign_jwt(key, typ='JWT', claims=claims)}, k={application_server_key(key)}"


def _wait(delivery: Delivery, now: datetime) -> timedelta:
    """How long it is worth being kept for a browser that is off: an offer until it ends."""
    until = delivery.parameters.get("until")
    if until is None:
        return _USUAL_WAIT
    return min(max(datetime.fromisoformat(until) - now, timedelta(0)), _LONGEST_WAIT)


def _topic(order_id: UUID) -> str:
    """What is said of an order takes the place of what was said of it before and not fetched yet."""
    return to_base64url(sha256(b"legitka-push-topic" + order_id.bytes).digest())[:32]
