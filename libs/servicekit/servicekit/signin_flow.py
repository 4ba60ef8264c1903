"""What a browser carries to the provider and back: sealed, for ten minutes, in a cookie."""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing

FLOW_LASTS = timedelta(minutes=10)
_CONTEXT = b"legitka-signin-v1"
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


@dataclass(frozen=True, slots=True)
class Flow:
    """One attempt to sign in."""

    state: str
    nonce: str
    verifier: str
    next: str
    max_age: int | None
    expires: float


def new_flow(next_path: str, max_age: int | None, now: datetime) -> Flow:
    return Flow(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        next=next_path,
        max_age=max_age,
        expires=(now + FLOW_LASTS).timestamp(),
    )


def own_path(text: str | None) -> str:
    """The path to go on to, or `/` for anything that could lead off this origin."""
    return text if text is not None and len(text) <= 1000 and _PATH.fullmatch(text) else "/"


def seal_flow(ring: KeyRing, flow: Flow) -> str:
    nonce = os.urandom(12)
    text = json.dumps(asdict(flow)).encode()
    sealed = AESGCM(ring.current.secret).encrypt(nonce, text, _CONTEXT)
    return f"{ring.current.id}.{to_base64url(nonce + sealed)}"


def open_flow(ring: KeyRing, cookie: str, now: datetime) -> Flow | None:
    """None for a cookie that is not ours, or too old."""
    key_id, _, text = cookie.partition(".")
    key = ring.keys.get(key_id)
    try:
        sealed = from_base64url(text)
        opened = AESGCM(key.secret).decrypt(sealed[:12], sealed[12:], _CONTEXT) if key else b"null"
        document = json.loads(opened)
    except (ValueError, InvalidTag):
        return None
    flow = Flow(**document) if document else None
    return flow if flow is not None and flow.expires > now.timestamp() else None
