"""Access tokens of the wallet, which the issuer checks alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from contracts.base import DeviceLabel
from issuer.domain import CONFIGURATION_ID
from servicekit.bearer import bearer_token
from servicekit.oauth import OAuthError
from servicekit.remote_keys import KeysUnavailable, RemoteKeys
from servicekit.tokens import InvalidToken

_LABELS: frozenset[str] = frozenset(get_args(DeviceLabel))


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token allows: the card of one order, in one generation of its offer."""

    activation_id: str
    order_id: UUID
    generation: int
    credential_id: UUID
    device_label: DeviceLabel
    client_id: str | None


def unauthorized(reason: str | None = None) -> OAuthError:
    """RFC 6750, 3: a request without a token is told the scheme, and no error."""
    challenge = 'Bearer realm="legitka"' + (f', error="{reason}"' if reason else "")
    return OAuthError(reason or "invalid_token", status=401, headers={"WWW-Authenticate": challenge})


class AccessTokens:
    """Checks tokens with the wallet's published keys, which are pinned by URL and kept on disk."""

    def __init__(self, keys: RemoteKeys, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer

    async def check(self, authorization: str | None, *, audience: str, now: datetime) -> Access:
        """Raises `OAuthError`. A token that is bound to a key is refused when it is sent as Bearer."""
        token = bearer_token(authorization)
        if not token:
            raise unauthorized()
        try:
            claims = await self._keys.verify(
                token, typ="at+jwt", issuer=self._issuer, audience=audience, now=now
            )
            if "cnf" in claims:
                raise unauthorized("invalid_token")
            return _access(claims)
        except (InvalidToken, KeyError, TypeError, ValueError):
            raise unauthorized("invalid_token") from None
        except KeysUnavailable:
            raise OAuthError("temporarily_unavailable", status=503, headers={"Retry-After": "5"}) from None


def _access(claims: dict[str, object]) -> Access:
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
        device_label=label,  # type: ignore[arg-type] # it is one of them, as was just seen
        client_id=client_id if isinstance(client_id, str) else None,
    )
