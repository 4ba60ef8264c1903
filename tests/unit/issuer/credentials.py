"""Credentials for tests of decisions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from issuer.domain import Activation, Credential, HolderKey

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=100)
STUDENT = uuid4()


def offered(**changes: Any) -> Credential:
    values: dict[str, Any] = {
        "order_id": uuid4(),
        "institution_id": "umcs",
        "student_ref": STUDENT,
        "credential_id": uuid4(),
        "state": "offered",
        "generation": 1,
        "offer_expires_at": NOW + timedelta(days=30),
        "replaces": None,
        "valid_until": LATER,
        **changes,
    }
    return Credential(**values)


def active(**changes: Any) -> Credential:
    return offered(**{"state": "active", "holder_jkt": "phone-1", **changes})


def activation(credential: Credential, key: str = "phone-1", **changes: Any) -> Activation:
    assert isinstance(credential.credential_id, UUID)
    values: dict[str, Any] = {
        "activation_id": "a-1",
        "order_id": credential.order_id,
        "institution_id": credential.institution_id,
        "generation": credential.generation,
        "credential_id": credential.credential_id,
        "device_label": "android",
        "keys": tuple(HolderKey({}, each) for each in key.split()),
        **changes,
    }
    return Activation(**values)
