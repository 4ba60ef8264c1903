"""Pre-authorized codes and receipts: facts that this service gives away and believes again by their MAC."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing

CODE_LIFETIME = timedelta(minutes=15)
RECEIPT_LIFETIME = timedelta(hours=24)

_OFFER_ID = 24
_GENERATION = 4
_TIME = 5
_MAC = 16
_FACTS = _OFFER_ID + _GENERATION + _TIME


def make_pre_authorized_code(ring: KeyRing, offer_id: str, generation: int, now: datetime) -> str:
    """Good for 15 minutes, and nothing is stored for it."""
    ends = int((now + CODE_LIFETIME).timestamp())
    facts = from_base64url(offer_id) + generation.to_bytes(_GENERATION, "big") + ends.to_bytes(_TIME, "big")
    return to_base64url(facts + _mac(ring.current.secret, b"legitka-code-v1", facts))


def read_pre_authorized_code(ring: KeyRing, code: str, now: datetime) -> tuple[str, int] | None:
    """Offer id and generation of a code that is ours and has not run out."""
    try:
        data = from_base64url(code)
    except ValueError:
        return None
    facts, mac = data[:_FACTS], data[_FACTS:]
    if len(data) != _FACTS + _MAC or not _is_ours(ring, b"legitka-code-v1", facts, mac):
        return None
    if now.timestamp() >= int.from_bytes(facts[-_TIME:], "big"):
        return None
    generation = int.from_bytes(facts[_OFFER_ID : _OFFER_ID + _GENERATION], "big")
    return to_base64url(facts[:_OFFER_ID]), generation


def make_terms_receipt(ring: KeyRing, version: str, now: datetime) -> str:
    """Says that somebody accepted this version at this time, and names nobody."""
    facts = int(now.timestamp()).to_bytes(_TIME, "big") + version.encode()
    return to_base64url(_mac(ring.current.secret, b"legitka-terms-v1", facts) + facts)


def read_terms_receipt(ring: KeyRing, receipt: str, now: datetime) -> str | None:
    """The version that was accepted within the last 24 hours."""
    try:
        data = from_base64url(receipt)
    except ValueError:
        return None
    mac, facts = data[:_MAC], data[_MAC:]
    if not _is_ours(ring, b"legitka-terms-v1", facts, mac):
        return None
    accepted_at = datetime.fromtimestamp(int.from_bytes(facts[:_TIME], "big"), UTC)
    return facts[_TIME:].decode() if now - accepted_at <= RECEIPT_LIFETIME else None


def hash_subject(ring: KeyRing, institution_id: str, subject: str) -> str:
    """What a session knows its person by: this service keeps no subject of the identity provider."""
    facts = f"{institution_id}\0{subject}".encode()
    return to_base64url(_mac(ring.current.secret, b"legitka-subject-v1", facts))


def _mac(secret: bytes, purpose: bytes, facts: bytes) -> bytes:
    return hmac.digest(secret, purpose + facts, hashlib.sha256)[:_MAC]


def _is_ours(ring: KeyRing, purpose: bytes, facts: bytes, mac: bytes) -> bool:
    return any(hmac.compare_digest(mac, _mac(secret, purpose, facts)) for secret in ring.secrets())
