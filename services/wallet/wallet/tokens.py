"""The access token that a wallet takes to the issuer, and the answer that carries it."""

from datetime import datetime, timedelta
from typing import Any

from servicekit.tokens import sign_jwt
from wallet.domain import Grant
from wallet.parts import Parts
from wallet.refresh_tokens import RefreshToken

TOKEN_LIFETIME = timedelta(minutes=5)


def access_token(grant: Grant, client_id: str | None, parts: Parts, now: datetime) -> str:
    """ES256, `at+jwt`: all that the issuer needs, so that it asks nobody."""
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": parts.settings.wallet_public_url,
        "aud": parts.issuers[grant.offer.institution_id],
        "sub": str(grant.offer.order_id),
        "jti": str(grant.activation_id),
        "iat": issued_at,
        "exp": issued_at + int(TOKEN_LIFETIME.total_seconds()),
        "generation": grant.offer.generation,
        "credential_id": str(grant.offer.credential_id),
        "credential_configuration_id": grant.offer.configuration_id,
        "device_label": grant.device_label,
    }
    if client_id is not None:
        claims["client_id"] = client_id
    if grant.jkt is not None:
        claims["cnf"] = {"jkt": grant.jkt}
    return sign_jwt(parts.keys.tokens.current, typ="at+jwt", claims=claims)


def token_answer(
    grant: Grant, token: str, refresh_token: RefreshToken | None, *, with_details: bool
) -> dict[str, Any]:
    """Details are in the answer exactly when they were asked for (OpenID4VCI 1.0, 6.2)."""
    answer: dict[str, Any] = {
        "access_token": token,
        "token_type": "Bearer" if grant.jkt is None else "DPoP",
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
    }
    if refresh_token is not None:
        answer["refresh_token"] = refresh_token.text
    if with_details:
        detail = {
            "type": "openid_credential",
            "credential_configuration_id": grant.offer.configuration_id,
            "credential_identifiers": [str(grant.offer.credential_id)],
        }
        answer["authorization_details"] = [detail]
    return answer
