"""What ordering seals for others, opens for the student, and keeps sealed: each value for one place."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.base import StreamEvent
from contracts.catalogue import type_of
from contracts.issuer import CredentialReady
from contracts.ordering import Locale
from ordering.eligibility import Student
from ordering.store import resealing
from servicekit.keys import Keys
from servicekit.resealing import SealedColumn
from servicekit.sealing import Sealer, SealingContext


@dataclass(frozen=True, slots=True)
class Sealers:
    """One per direction, and one for what stays here."""

    holder: Sealer
    contact: Sealer
    code: Sealer
    students: Sealer


def load_sealers(keys: Keys) -> Sealers:
    return Sealers(
        holder=Sealer(keys.ring("sealing/holder")),
        contact=Sealer(keys.ring("sealing/contact")),
        code=Sealer(keys.ring("sealing/code")),
        students=Sealer(keys.ring("ordering/students")),
    )


def seal_holder(
    sealers: Sealers,
    event: type[StreamEvent],
    order_id: UUID,
    student: Student,
    locale: Locale,
    valid_until: datetime,
) -> str:
    """The data of a card, for the issuer alone."""
    holder = {
        "given_names": student.given_names,
        "family_name": student.family_name,
        "birth_date": student.birth_date.isoformat(),
        "pesel": open_pesel(sealers.students, student),
        "student_number": student.student_number,
        "photo_sha256": student.photo_sha256,
        "programme": student.programme,
        "cycle": student.cycle,
        "valid_until": valid_until.isoformat(),
        "locale": locale,
    }
    context = SealingContext(type_of(event), student.institution_id, order_id, "holder_sealed")
    return sealers.holder.seal(_json(holder), context)


def seal_contact(
    sealers: Sealers, event: type[StreamEvent], order_id: UUID, student: Student, *, email_alerts: bool
) -> str:
    """Whom to alert, for the notifier alone; the address only while its use is consented to."""
    contact = {
        "subject": student.subject,
        "first_name": student.given_names.partition(" ")[0],
        "email": student.email if email_alerts else None,
    }
    context = SealingContext(type_of(event), student.institution_id, order_id, "contact_sealed")
    return sealers.contact.seal(_json(contact), context)


def open_code(sealer: Sealer, institution_id: str, order_id: UUID, sealed: str) -> str:
    context = SealingContext(type_of(CredentialReady), institution_id, order_id, "activation_code_sealed")
    return sealer.open(sealed, context).decode()


def seal_pesel(sealer: Sealer, institution_id: str, student_ref: UUID, pesel: str) -> str:
    return sealer.seal(pesel.encode(), _pesel_context(institution_id, student_ref))


def open_pesel(sealer: Sealer, student: Student) -> str | None:
    if student.pesel_sealed is None:
        return None
    context = _pesel_context(student.institution_id, student.student_ref)
    return sealer.open(student.pesel_sealed, context).decode()


def pesel_column(sealer: Sealer) -> SealedColumn:
    """Where PESEL numbers are kept, for the day when the key that seals them changes."""
    return SealedColumn(
        sealer,
        lambda row: _pesel_context(row.institution_id, row.id),
        resealing.pesels,
        resealing.save_pesels,
    )


def _pesel_context(institution_id: str, student_ref: UUID) -> SealingContext:
    return SealingContext("students", institution_id, student_ref, "pesel")


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
