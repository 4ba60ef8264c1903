"""Access tokens of the wallet, which the issuer checks alone, and the DPoP proofs of those that are bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from contracts.base import DeviceLabel
from issuer.domain import CONFIGURATION_ID
from servicekit.bearer import bearer_token
from servicekit.dpop import ALGORITHMS, DpopProof
from servicekit.dpop_rules import DpopRefused, DpopRules
from servicekit.oauth import OAuthError
from servicekit.remote_keys import KeysUnavailable, RemoteKeys
from servicekit.tokens import InvalidToken

_LABELS: frozenset[str] = frozenset(get_args(DeviceLabel))
_BEARER, _DPOP = 'Bearer realm="legitka"', f'DPoP algs="{" ".join(ALGORITHMS)}"'


@dataclass(frozen=True, slots=True)
class SentToken:
    """A token as it came: with which proofs, to which address."""

    authorization: str | None
    proofs: Sequence[str]
    method: str
    url: str


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token allows: the card of one order, in one generation of its offer."""

    activation_id: str
    order_id: UUID
    generation: int
    credential_id: UUID
    device_label: DeviceLabel
    client_id: str | None
    proof: DpopProof | None


def unauthorized(reason: str | None = None, description: str | None = None) -> OAuthError:
    """RFC 6750, 3, and RFC 9449, 7.1: a request without a token is told the schemes, and no error."""
    challenge = f"{_BEARER}, {_DPOP}" + (f', error="{reason}"' if reason else "")
    headers = {"WWW-Authenticate": challenge}
    return OAuthError(reason or "invalid_token", description, status=401, headers=headers)


def proof_used() -> OAuthError:
    return unauthorized("invalid_dpop_proof", "the proof has been used: make a new one for each request")


class AccessTokens:
    """Checks tokens with the wallet's published keys, which are pinned by URL and kept on disk."""

    def __init__(self, keys: RemoteKeys, issuer: str, dpop: DpopRules) -> None:
        self.keys = keys
        self.issuer = issuer
        self._dpop = dpop

    async def check(
        self, sent: SentToken, *, audience: str, now: datetime, grace: timedelta = timedelta(0)
    ) -> Access:
        """Raises `OAuthError`. A bound token counts only with a proof of its key, and never as Bearer.

        `grace`: for so long a token still counts beyond its end.
        """
        bound_token = _dpop_token(sent.authorization)
        token = bound_token or bearer_token(sent.authorization)
        if not token:
            raise unauthorized()
        try:
            claims = await self.keys.verify(
                token, typ="at+jwt", issuer=self.issuer, audience=audience, now=now, grace=grace
            )
            proof = self._check_binding(claims, sent, bound_token, now)
            return _access(claims, proof)
        except (InvalidToken, KeyError, TypeError, ValueError):
            raise unauthorized("invalid_token") from None
        except KeysUnavailable:
            raise OAuthError("temporarily_unavailable", status=503, headers={"Retry-After": "5"}) from None

    def _check_binding(
        self, claims: Mapping[str, Any], sent: SentToken, bound_token: str | None, now: datetime
    ) -> DpopProof | None:
        if bound_token is None:
            if "cnf" in claims or self._dpop.required:
                raise unauthorized("invalid_token", "the token must be bound to a key and sent as DPoP")
            return None
        try:
            proof = self._dpop.check(
                sent.proofs, method=sent.method, url=sent.url, now=now, access_token=bound_token
            )
        except DpopRefused as refused:
            error = unauthorized(refused.error, refused.description)
            error.headers |= self._dpop.headers(now)
            raise error from None
        if claims["cnf"]["jkt"] != proof.jkt:
            raise unauthorized("invalid_token", "the token is bound to another key")
        return proof


def _dpop_token(authorization: str | None) -> str | None:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "dpop" else None


def _access(claims: Mapping[str, Any], proof: DpopProof | None) -> Access:
    label, generation, client_id = claims["device_label"], claims["generation"], claims.get("client_id")
    if label not in _LABELS or not isinstance(generation, int):
        raise ValueError("not one of our tokens")
    if claims["credential_configuration_id"] != CONFIGURATION_ID:
        raise ValueError("not for this kind of card")
    return Access(
        activation_id=str(claims["jti"]),
        order_id=UUID(str(claims["sub"])),
        generation=generation,
        credential_id=UUID(str(claims["credential_id"])),
        device_label=label,
        client_id=client_id if isinstance(client_id, str) else None,
        proof=proof,
    )
