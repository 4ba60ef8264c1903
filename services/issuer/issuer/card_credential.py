"""A card as an SD-JWT VC: which claims it has, and which of them are hidden until the holder shows them."""

import base64
import os
from datetime import date, datetime
from typing import Any
from uuid import UUID

from issuer.sd_jwt import sign_sd_jwt
from issuer.store.instances import Instance
from issuer.tenants import Tenant
from issuer.use_cases.issue_card import GivenCard
from servicekit.institutions import WARSAW

_JPEG = "data:image/jpeg;base64,"


def sign_card(tenant: Tenant, given: GivenCard, instance: Instance, now: datetime) -> str:
    """Freshly signed, with salts of its own; the same card each time, with the same status index."""
    plain = _plain(tenant, given, instance, now)
    return sign_sd_jwt(tenant.card_signer, plain, _hidden(tenant, given), os.urandom)


def _plain(tenant: Tenant, given: GivenCard, instance: Instance, now: datetime) -> dict[str, Any]:
    """What no holder can hide. Times of signing are rounded to the hour: exact ones could link cards."""
    signed_at = int(now.timestamp()) // 3600 * 3600
    valid_until = given.card.valid_until
    if valid_until is None:
        raise ValueError("a card has an end")
    return {
        "iss": tenant.url,
        "iat": signed_at,
        "nbf": signed_at,
        "exp": int(valid_until.timestamp()),
        "vct": tenant.vct,
        "cnf": {"jwk": instance.key.jwk},
        "status": {
            "status_list": {"idx": instance.entry.idx, "uri": tenant.status_list_url(instance.entry.number)}
        },
    }


def _hidden(tenant: Tenant, given: GivenCard) -> dict[str, Any]:
    return {
        **_person(given),
        "institution": {"id": tenant.institution.id, "name": tenant.institution.name.pl},
        **_card(given),
    }


def _person(given: GivenCard) -> dict[str, Any]:
    holder, photo = given.holder, given.photo
    claims = {
        "given_name": holder.given_names,
        "family_name": holder.family_name,
        "birthdate": holder.birth_date.isoformat(),
        "pesel": holder.pesel,
        "portrait": _JPEG + base64.b64encode(photo).decode() if photo else None,
        "student_number": holder.student_number,
        "programme": holder.programme,
        "cycle": holder.cycle,
    }
    return {name: value for name, value in claims.items() if value is not None}


def _card(given: GivenCard) -> dict[str, Any]:
    card = given.card
    if card.credential_id is None or card.issued_at is None or card.valid_until is None:
        raise ValueError("only a card that was made can be signed")
    return {
        "card_number": card_number(card.credential_id),
        "issue_date": _day(card.issued_at).isoformat(),
        "expiry_date": _day(card.valid_until).isoformat(),
    }


def card_number(credential_id: UUID) -> str:
    """Sixteen digits for people to read out; they say nothing, and identify the card."""
    return f"{credential_id.int % 10**16:016d}"


def _day(instant: datetime) -> date:
    return instant.astimezone(WARSAW).date()
