"""Someone who checks a card: opens what the code leads to and trusts nobody on the way but listed issuers."""

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from devstack.journey.cards import Card, read_card, read_status, verify_issuer
from devstack.journey.http import Addresses, JourneyError, from_base64url, json_of, new_http, to_base64url
from devstack.journey.wallet import PACK_CONTEXT, SHOWN_CONTEXT
from devstack.settings import INSTITUTIONS

Json = dict[str, Any]
WORST_LAST = ("valid", "suspended", "expired", "revoked")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker sees: the worse of the server's answer and of the status list, and who it is."""

    outcome: str
    person: Json


class Checker:
    """The verifier page as a client; used as an async context manager."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.trusted = {f"{addresses.issuer}/t/{institution}" for institution in INSTITUTIONS}
        self.http = new_http(addresses.authority)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def check(self, shown: str) -> Verdict:
        handle, key, moment, signature = _parts(shown)
        url = f"{self.addresses.wallet}/api/v1/verifications"
        answer = json_of(await self.http.post(url, json=question_about(shown)))
        if not answer.get("pack"):
            return Verdict(answer["outcome"], {})
        card = _open(from_base64url(answer["pack"]), key)
        return await self._judge(card, answer["outcome"], SHOWN_CONTEXT + handle + moment, signature)

    async def _judge(self, card: Card, outcome: str, signed: bytes, signature: bytes) -> Verdict:
        await verify_issuer(card, self.http, self.trusted)
        numbers = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        card.holder_key().public_key.verify(encode_dss_signature(*numbers), signed, ECDSA(SHA256()))
        listed = await read_status(card, self.http)
        return Verdict(max(outcome, listed, key=WORST_LAST.index), card.claims)


def question_about(shown: str) -> Json:
    """What the server is asked; the key of the pack stays here."""
    handle, _, moment, signature = _parts(shown)
    return {
        "handle": to_base64url(handle),
        "time": int.from_bytes(moment, "big"),
        "signature": to_base64url(signature),
    }


def _parts(shown: str) -> tuple[bytes, bytes, bytes, bytes]:
    data = from_base64url(shown.partition("#")[2])
    if len(data) != 16 + 32 + 5 + 64:
        raise JourneyError("this is not a code of a card")
    return data[:16], data[16:48], data[48:53], data[53:]


def _open(pack: bytes, key: bytes) -> Card:
    try:
        return read_card(AESGCM(key).decrypt(pack[:12], pack[12:], PACK_CONTEXT).decode())
    except InvalidTag:
        raise JourneyError("the pack was not made for this code") from None
