"""Metadata, offers and tokens: what any wallet needs to activate a card (OpenID4VCI 1.0)."""

import asyncio
import os
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from servicekit import maker_tokens
from servicekit.accepting import FORM, accepts
from servicekit.dpop import ALGORITHMS, DpopProof
from servicekit.oauth import OAuthError
from servicekit.offers import offer_is_authentic
from servicekit.openapi import body_of
from servicekit.refusals import TooManyRequests
from wallet.api.client_keys import check_client, check_proof, proof_used, use_up
from wallet.api.refusals import LimitRefusals
from wallet.api.renewal import renew
from wallet.attestations import Attested
from wallet.codes import make_pre_authorized_code, read_pre_authorized_code, read_terms_receipt
from wallet.domain import Denial, Grant, Offer, Redemption, Refusal
from wallet.forms import GRANT_TYPE, REFRESH_GRANT_TYPE, RefreshForm, TokenForm, read_details, read_token_form
from wallet.metrics import count_activation
from wallet.parts import Parts, TheParts
from wallet.problems import OfferNotReady, OfferUnknown, Refused
from wallet.refresh_tokens import SECRET, RefreshToken
from wallet.tokens import access_token, token_answer
from wallet.use_cases.find_offer import find_offer
from wallet.use_cases.give_refresh_token import give_refresh_token
from wallet.use_cases.redeem_code import redeem_code
from wallet.use_cases.use_proof import ProofUsed

router = APIRouter(tags=["activation"])

_TX_CODE = {
    "input_mode": "numeric",
    "length": 8,
    "description": "Kod aktywacyjny z zakładki mLegitymacja / Activation code from the mLegitymacja tab",
}


_TOKEN_FORM = body_of(
    required={"grant_type": f"{GRANT_TYPE} or {REFRESH_GRANT_TYPE}"},
    optional={
        "pre-authorized_code": "from the offer; needed for the first grant type",
        "tx_code": "the activation code: 8 digits; needed with it",
        "refresh_token": "from the last answer; needed for the second grant type",
        "client_id": "if sent with a wallet attestation, the client that it names",
        "authorization_details": "asks for credential_identifiers: "
        '[{"type": "openid_credential", "credential_configuration_id": "legitymacja_studencka_sd_jwt"}]',
        "terms_receipt": "from POST /api/v1/terms",
        "device_label": "iphone, android, computer or other",
    },
)


@router.get("/.well-known/oauth-authorization-server", summary="Authorization server metadata (RFC 8414)")
async def show_metadata(parts: TheParts) -> dict[str, Any]:
    """RFC 8414: only what is true of this server."""
    url = parts.settings.wallet_public_url
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/jwks",
        "grant_types_supported": [GRANT_TYPE, REFRESH_GRANT_TYPE],
        "response_types_supported": [],
        **_client_authentication(parts),
        "authorization_details_types_supported": ["openid_credential"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "pre-authorized_grant_anonymous_access_supported": not parts.settings.wallet_attestation_required,
    }


def _client_authentication(parts: Parts) -> dict[str, list[str]]:
    methods = [] if parts.settings.wallet_attestation_required else ["none"]
    if not parts.attesters:
        return {"token_endpoint_auth_methods_supported": methods}
    algorithms = list(maker_tokens.ALGORITHMS)
    return {
        "token_endpoint_auth_methods_supported": [*methods, "attest_jwt_client_auth"],
        "client_attestation_signing_alg_values_supported": algorithms,
        "client_attestation_pop_signing_alg_values_supported": algorithms,
    }


@router.get("/jwks", summary="The keys of access tokens")
async def show_keys(parts: TheParts) -> dict[str, Any]:
    return parts.keys.tokens.public_jwks()


@router.get("/offers/{offer_id}", dependencies=[LimitRefusals], summary="A credential offer")
async def show_offer(offer_id: str, parts: TheParts) -> JSONResponse:
    """May be fetched again and again: it writes nothing, and names no person."""
    offer = await _wait_for(parts, offer_id)
    now = parts.works.clock()
    if not offer.is_served(now) or offer.institution_id not in parts.issuers:
        raise OfferUnknown
    if seconds := parts.good.take(offer.offer_id, now):
        raise TooManyRequests(seconds)
    code = make_pre_authorized_code(parts.keys.codes, offer.offer_id, offer.generation, now)
    grant = {"pre-authorized_code": code, "tx_code": _TX_CODE}
    return JSONResponse(
        {
            "credential_issuer": parts.issuers[offer.institution_id],
            "credential_configuration_ids": [offer.configuration_id],
            "grants": {GRANT_TYPE: grant},
        },
        headers={"Cache-Control": "no-store", **parts.dpop.headers(now)},
    )


async def _wait_for(parts: Parts, offer_id: str) -> Offer:
    """An unknown id costs the same look into the database as a withdrawn one, and has the same answer."""
    offer = await _look_for(parts, offer_id)
    authentic = offer_is_authentic(parts.keys.offer_ids, offer_id)
    looks = round(parts.settings.offer_patience / parts.settings.offer_look)
    while offer is None and authentic and looks:
        await asyncio.sleep(parts.settings.offer_look)
        offer = await _look_for(parts, offer_id)
        looks -= 1
    if offer is None:
        raise OfferNotReady if authentic else OfferUnknown
    return offer


async def _look_for(parts: Parts, offer_id: str) -> Offer | None:
    async with parts.works.look() as look:
        return await find_offer(look, offer_id)


@router.post(
    "/token",
    dependencies=[LimitRefusals],
    summary="Validate the activation: an access token for the card",
    openapi_extra=_TOKEN_FORM,
)
@accepts(FORM, limit=16 * 1024, oauth_error="invalid_request")
async def issue_token(request: Request, parts: TheParts) -> JSONResponse:
    """The order of the checks is the protocol's: nothing is counted for a request that is not in order."""
    form = read_token_form(await request.body(), request.headers.get("authorization"))
    now = parts.works.clock()
    attested = check_client(request, parts, form.client_id, now)
    proof = check_proof(request, parts, now)
    grant, refresh_token, with_details = await _grant(parts, form, proof, attested)
    client_id = attested.client_id if attested else None
    token = access_token(grant, client_id, parts, now)
    answer = token_answer(grant, token, refresh_token, with_details=with_details)
    nonce = parts.dpop.headers(now) if proof else {}
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache", **nonce})


async def _grant(
    parts: Parts, form: TokenForm | RefreshForm, proof: DpopProof | None, attested: Attested | None
) -> tuple[Grant, RefreshToken | None, bool]:
    """What is granted, the next refresh token, and whether details were asked for."""
    if isinstance(form, RefreshForm):
        return *await renew(parts, form, proof, attested), False
    redemption = _redemption(parts, form, proof.jkt if proof else None)
    return *await _redeem(parts, redemption, proof, attested), redemption.configuration_id is not None


def _redemption(parts: Parts, form: TokenForm, jkt: str | None) -> Redemption:
    now = parts.works.clock()
    configuration_id = read_details(form.authorization_details)
    terms_version = None
    if form.terms_receipt is not None:
        terms_version = read_terms_receipt(parts.keys.receipts, form.terms_receipt, now)
        if terms_version is None:
            raise OAuthError("invalid_request", "The terms_receipt is too old: accept the terms again.")
    code = read_pre_authorized_code(parts.keys.codes, form.pre_authorized_code, now)
    if code is None:
        raise Refused(Denial(Refusal.UNKNOWN))
    return Redemption(*code, form.tx_code, configuration_id, form.device_label, terms_version, jkt)


async def _redeem(
    parts: Parts, redemption: Redemption, proof: DpopProof | None, attested: Attested | None
) -> tuple[Grant, RefreshToken | None]:
    refresh_token = None
    try:
        async with parts.works.begin() as work:
            outcome = await redeem_code(work, redemption, parts.keys.activation_checks)
            if isinstance(outcome, Grant):
                if proof is not None:
                    refresh_token = await give_refresh_token(work, outcome, os.urandom(SECRET))
                await use_up(work, proof, attested)
    except ProofUsed as used:
        raise proof_used(used) from None
    # Only here, after the commit, may a refusal become an error: the attempt stays counted.
    if isinstance(outcome, Denial):
        count_activation(outcome.refusal)
        raise Refused(outcome)
    count_activation(None)
    return outcome, refresh_token
