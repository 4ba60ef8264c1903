"""Records that every service fails at, each with something private behind the seal or in the way."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from contracts.base import StreamEvent
from contracts.catalogue import partition_of, topic_of, type_of
from contracts.issuer import CredentialReady
from contracts.ordering import OrderPlaced
from eventing.codec import encode
from servicekit.keys import Keys
from servicekit.sealing import Sealer, SealingContext

PLACE = {"ce_sequence": "1", "ce_epoch": "1", "ce_base": "0"}
Json = dict[str, str]


async def send_spoilt_records(broker: str, keys_dir: Path, institution: str, person: Json, offer: str) -> int:
    """How many dead letters there will be, at least one with every consumer."""
    keys = Keys(keys_dir, production=False)
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=False)
    await producer.start()
    try:
        await _send(producer, _order_of(keys, institution, person))
        await _send(producer, _ready(institution, offer))
        await _send(producer, _ready(institution, offer), body=_broken(offer))
        await _send(producer, _ready(institution, offer), place={})
    finally:
        await producer.stop()
    return 6


async def send_early_record(broker: str, keys_dir: Path, institution: str, person: Json, order: UUID) -> None:
    """Of an order that is known, with a number far ahead: it waits for those before it."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=False)
    await producer.start()
    try:
        early = _order_of(Keys(keys_dir, production=False), institution, person, order)
        await _send(producer, early, place=PLACE | {"ce_sequence": "900"})
    finally:
        await producer.stop()


def _order_of(keys: Keys, institution: str, person: Json, order_id: UUID | None = None) -> OrderPlaced:
    """Sealed as agreed; what comes out of it is not as agreed."""
    order_id = order_id or uuid4()
    holder = person | {"birth_date": f"{person['pesel']} {person['family_name']}"}
    contact = {"subject": person["subject"], "first_name": [person["given_names"]], "email": person["email"]}
    return OrderPlaced(
        event_id=uuid4(),
        occurred_at=datetime.now(UTC),
        institution_id=institution,
        order_id=order_id,
        student_ref=uuid4(),
        channel="web",
        locale="pl",
        replaces=None,
        office_hold=False,
        hold_version=0,
        holder_sealed=_seal(keys, institution, order_id, "holder", holder),
        contact_sealed=_seal(keys, institution, order_id, "contact", contact),
    )


def _seal(keys: Keys, institution: str, order_id: UUID, direction: str, value: object) -> str:
    context = SealingContext(type_of(OrderPlaced), institution, order_id, f"{direction}_sealed")
    return Sealer(keys.ring(f"sealing/{direction}")).seal(json.dumps(value).encode(), context)


def _ready(institution: str, offer_id: str) -> CredentialReady:
    """Of another order under an offer id that is taken: what a database says of that repeats the id."""
    now = datetime.now(UTC)
    return CredentialReady(
        event_id=uuid4(),
        occurred_at=now,
        institution_id=institution,
        order_id=uuid4(),
        credential_id=uuid4(),
        generation=1,
        offer_id=offer_id,
        expires_at=now + timedelta(days=1),
        activation_code_sealed="unknown.AAAA",
        activation_code_digest="AAAA",
        digest_key_id="unknown",
        configuration_id="legitymacja_studencka_sd_jwt",
    )


def _broken(offer_id: str) -> bytes:
    return json.dumps({"offer_id": [offer_id], "expires_at": offer_id, offer_id: offer_id}).encode()


async def _send(
    producer: AIOKafkaProducer, event: StreamEvent, *, body: bytes | None = None, place: Json = PLACE
) -> None:
    headers, whole = encode(event, source="test", trace={})
    key = str(event.order_id)
    await producer.send_and_wait(
        topic_of(type(event)).name,
        body or whole,
        key=key.encode(),
        partition=partition_of(key),
        headers=[(name, value.encode()) for name, value in (headers | place).items()],
    )
