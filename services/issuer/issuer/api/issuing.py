"""What a wallet does: take a nonce, ask for the card, and tell what became of it (OpenID4VCI 1.0)."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, get_args

import structlog
from fastapi import APIRouter, Request, Response

from contracts.issuer import WalletEvent
from issuer.access import Access, SentToken, proof_used, unauthorized
from issuer.api.messages import MAYBE_LATER, answered, or_encrypted_body, read_message
from issuer.api.refusals import LimitRefusals, slow_down
from issuer.card_credential import sign_card
from issuer.credential_request import read_proofs, read_transaction, too_many_keys
from issuer.domain import CONFIGURATION_ID, Activation, NotYet, Refused, Stale
from issuer.encryption import MEDIA_TYPE as ENCRYPTED
from issuer.encryption import AnswerKey
from issuer.key_rules import AskedKeys, Asking, check_keys
from issuer.parts import Parts, TheParts, TheTenant
from issuer.photos import PhotoUnavailable
from issuer.proofs import InvalidProof
from issuer.store.deferrals import Deferral
from issuer.strict_json import parse_object
from issuer.tenants import Tenant
from issuer.use_cases.defer_card import LIVES, defer_card
from issuer.use_cases.find_deferral import UnknownTransaction, find_deferral
from issuer.use_cases.find_wanted_photo import find_wanted_photo
from issuer.use_cases.issue_card import CardRequest, GivenCard, issue_card
from issuer.use_cases.put_off_card import put_off_card
from issuer.use_cases.record_wallet_report import UnknownNotification, record_wallet_report
from issuer.use_cases.use_nonces import NonceUsed, ProofNonce
from issuer.use_cases.use_proof import ProofUsed, use_proof
from issuer.workshop import draw_notification_id, draw_transaction_id
from servicekit.accepting import JSON, accepts
from servicekit.nonces import BadNonce, new_nonce, nonce_digest, nonce_lapses_at
from servicekit.oauth import OAuthError
from servicekit.openapi import body_of

log = structlog.get_logger()
router = APIRouter(prefix="/t/{institution_id}", tags=["issuing"])

_WALLET_EVENTS: tuple[str, ...] = get_args(WalletEvent)  # what is asked for may be of any type


_CREDENTIAL = or_encrypted_body(
    required={
        "proofs": '{"jwt": [key proofs]}: typ openid4vci-proof+jwt, header jwk, claims aud, iat, nonce; or '
        '{"attestation": [one key attestation]} with nonce, where its maker is trusted'
    },
    optional={
        "credential_identifier": "from the token answer; or else",
        "credential_configuration_id": CONFIGURATION_ID,
    },
)
_DEFERRED = or_encrypted_body(required={"transaction_id": "from the answer that deferred the card"})
_NOTIFICATION = body_of(
    kind=JSON,
    required={"notification_id": "from the credential answer", "event": " or ".join(_WALLET_EVENTS)},
)


@router.post("/nonce", summary="A nonce for a key proof")
async def nonce(tenant: TheTenant, parts: TheParts, response: Response) -> dict[str, str]:
    now = parts.works.clock()
    response.headers.update({"Cache-Control": "no-store", **parts.dpop.headers(now)})
    return {"c_nonce": new_nonce(parts.nonces, tenant.url, now, os.urandom(16))}


@router.post(
    "/credential",
    dependencies=[LimitRefusals],
    summary="The card, for the keys of the proofs",
    openapi_extra=_CREDENTIAL,
    response_model=dict[str, Any],
    responses=MAYBE_LATER,
)
@accepts(JSON, ENCRYPTED, oauth_error="invalid_credential_request")
async def credential(request: Request, tenant: TheTenant, parts: TheParts) -> Response:
    access = await _check_access(request, tenant, parts)
    message = await read_message(request, parts)
    asked = _check_keys(message.body, access, tenant, parts)
    given = await _give_or_defer(parts, tenant, access, asked)
    return _answer(given, tenant, parts, message.answer_key)


@router.post(
    "/deferred_credential",
    dependencies=[LimitRefusals],
    summary="The card that could not be given at once",
    openapi_extra=_DEFERRED,
    response_model=dict[str, Any],
    responses=MAYBE_LATER,
)
@accepts(JSON, ENCRYPTED, oauth_error="invalid_credential_request")
async def deferred_credential(request: Request, tenant: TheTenant, parts: TheParts) -> Response:
    """A token still counts here for a day after its end: whoever waits has no other."""
    access = await _check_access(request, tenant, parts, grace=LIVES)
    message = await read_message(request, parts)
    given = await _collect(parts, access, read_transaction(message.body))
    return _answer(given, tenant, parts, message.answer_key)


def _answer(given: GivenCard | Deferral, tenant: Tenant, parts: Parts, key: AnswerKey | None) -> Response:
    now = parts.works.clock()
    headers = {"Cache-Control": "no-store", **parts.dpop.headers(now)}
    if isinstance(given, Deferral):
        seconds = math.ceil((given.retry_at - now).total_seconds())
        promise = {"transaction_id": given.transaction_id, "interval": max(1, seconds)}
        return answered(promise, 202, headers, key)
    cards = [{"credential": sign_card(tenant, given, instance, now)} for instance in given.instances]
    answer = {"credentials": cards, "notification_id": given.card.notification_id}
    return answered(answer, 200, headers, key)


async def _check_access(
    request: Request, tenant: Tenant, parts: Parts, grace: timedelta = timedelta(0)
) -> Access:
    if "access_token" in request.query_params:
        raise OAuthError("invalid_request", "the access token goes into the Authorization header")
    now = parts.works.clock()
    access = await parts.access.check(_sent(request, tenant), audience=tenant.url, now=now, grace=grace)
    seconds = parts.good.take(access.activation_id, now)
    if seconds is not None:
        raise slow_down("too many requests with this token", seconds)
    return access


def _sent(request: Request, tenant: Tenant) -> SentToken:
    url, headers = tenant.address_of(request.url.path), request.headers
    return SentToken(headers.get("authorization"), headers.getlist("dpop"), request.method, url)


def _check_keys(body: bytes, access: Access, tenant: Tenant, parts: Parts) -> AskedKeys:
    rules = tenant.key_rules
    proofs = read_proofs(body, access.credential_id, types=rules.proof_types, most=rules.most_keys)
    try:
        asked = check_keys(proofs, rules, Asking(tenant.url, access.client_id, parts.works.clock()))
    except InvalidProof as error:
        raise OAuthError("invalid_proof", str(error)) from None
    if len(asked.keys) > rules.most_keys:
        raise too_many_keys()
    return asked


async def _give_or_defer(
    parts: Parts, tenant: Tenant, access: Access, asked: AskedKeys
) -> GivenCard | Deferral:
    activation = _activation(tenant, access, asked)
    with _refusing(access):
        nonces = _nonces(parts, tenant, asked)
        try:
            return await _issue(parts, access, activation, nonces)
        except PhotoUnavailable:
            async with parts.works.begin() as work:
                deferral = await defer_card(work, activation, nonces, draw_transaction_id())
                await use_proof(work, access.proof)
            log.warning("card_deferred", order_id=access.order_id)
            return deferral


async def _collect(parts: Parts, access: Access, transaction_id: str) -> GivenCard | Deferral:
    with _refusing(access):
        async with parts.works.begin() as work:
            deferral = await find_deferral(work, access.order_id, access.generation, transaction_id)
            is_due = deferral.is_due(work.now)
        if is_due:
            with suppress(PhotoUnavailable, NotYet):
                return await _issue(parts, access, deferral.activation, ())
        async with parts.works.begin() as work:
            later = await put_off_card(work, deferral)
            await use_proof(work, access.proof)
        return later


@contextmanager
def _refusing(access: Access) -> Iterator[None]:
    """What goes wrong on the way to a card, in the words of OAuth."""
    try:
        yield
    except (BadNonce, NonceUsed):
        raise OAuthError("invalid_nonce", "ask the nonce endpoint for a new one") from None
    except ProofUsed:
        raise proof_used() from None
    except UnknownTransaction:
        raise OAuthError("invalid_transaction_id", "no card waits under this id") from None
    except Stale:
        log.info("card_refused", order_id=access.order_id, reason="stale_token")
        raise unauthorized("invalid_token") from None
    except Refused:
        log.info("card_refused", order_id=access.order_id, reason="other_key_or_ended")
        raise OAuthError("credential_request_denied", "no card can be had with this token and key") from None
    except NotYet as error:
        log.warning("card_delayed", order_id=access.order_id, reason=type(error).__name__)
        raise OAuthError(
            "temporarily_unavailable", "ask again in a moment", status=503, headers={"Retry-After": "2"}
        ) from None


def _nonces(parts: Parts, tenant: Tenant, asked: AskedKeys) -> list[ProofNonce]:
    return [_nonce(parts, tenant, nonce) for nonce in asked.nonces]


def _nonce(parts: Parts, tenant: Tenant, nonce: str) -> ProofNonce:
    lapses_at = nonce_lapses_at(parts.nonces, nonce, tenant.url, parts.works.clock())
    return ProofNonce(nonce_digest(nonce), lapses_at)


async def _issue(
    parts: Parts, access: Access, activation: Activation, nonces: Sequence[ProofNonce]
) -> GivenCard:
    async with parts.works.look() as look:
        wanted = await find_wanted_photo(look, activation, parts.vault)
    photo = await parts.photos.fetch(activation.order_id, wanted) if wanted else None
    request = CardRequest(activation, nonces, draw_notification_id(), photo)
    async with parts.works.begin() as work:
        given = await issue_card(work, request, parts.vault)
        await use_proof(work, access.proof)
    log.info("card_given", order_id=activation.order_id, institution_id=activation.institution_id)
    return given


def _activation(tenant: Tenant, access: Access, asked: AskedKeys) -> Activation:
    return Activation(
        activation_id=access.activation_id,
        order_id=access.order_id,
        institution_id=tenant.institution.id,
        generation=access.generation,
        credential_id=access.credential_id,
        device_label=access.device_label,
        keys=asked.keys,
    )


@router.post(
    "/notification",
    status_code=204,
    dependencies=[LimitRefusals],
    summary="What became of the card in the wallet",
    openapi_extra=_NOTIFICATION,
)
@accepts(JSON, oauth_error="invalid_notification_request")
async def notification(request: Request, tenant: TheTenant, parts: TheParts) -> None:
    access = await _check_access(request, tenant, parts)
    notification_id, event = _report(await request.body())
    try:
        async with parts.works.begin() as work:
            await record_wallet_report(work, access.order_id, notification_id, event)
            await use_proof(work, access.proof)
    except ProofUsed:
        raise proof_used() from None
    except UnknownNotification:
        raise OAuthError("invalid_notification_id") from None


def _report(body: bytes) -> tuple[str, WalletEvent]:
    try:
        report = parse_object(body)
    except ValueError:
        raise OAuthError("invalid_notification_request", "the body must be a JSON object") from None
    notification_id, event = report.get("notification_id"), report.get("event")
    if not isinstance(notification_id, str) or event not in _WALLET_EVENTS:
        raise OAuthError("invalid_notification_request", "notification_id and a known event are needed")
    return notification_id, event
