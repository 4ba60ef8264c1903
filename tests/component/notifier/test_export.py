"""A student is told everything that the notifier stores about them, and nothing about anybody else."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.commands import export
from notifier.settings import NotifierSettings
from notifier.subscriptions import Subscription, Subscriptions
from servicekit.bytes import to_base64url
from servicekit.keys import Keys
from servicekit.sealing import Sealer
from tests.component.notifier.conftest import NewOrder, Tell
from tests.component.notifier.scene import EMAIL, NOON, Order
from tests.databases import Database

AUTH = "A" * 22


@pytest.fixture
def exported(notifier_database: Database, keys_dir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    settings = NotifierSettings(
        environment="development", database_url=notifier_database.url, keys_dir=keys_dir
    )

    async def exported(order: Order) -> dict[str, Any]:
        capsys.readouterr()
        await export(settings, order.institution_id, order.student_ref)
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return exported


async def test_contact_alerts_and_letters_are_told_to_their_student(
    order: Order, new_order: NewOrder, hear: Tell, exported: Any
) -> None:
    other = new_order()
    await hear(order.placed(subject="anna", first_name="Anna", email=EMAIL), order.ready())
    await hear(other.placed(subject="jan", first_name="Jan", email=None), other.ready())

    told = await exported(order)

    [known] = told["orders"]
    assert known["contact"]["email"] == EMAIL
    channels = [delivery["channel"] for alert in told["alerts"] for delivery in alert["deliveries"]]
    assert len(told["alerts"]) == 2
    assert "email" in channels
    assert str(other.order_id) not in json.dumps(told)


async def test_a_browser_is_told_without_the_secret_that_opens_its_pushes(
    order: Order, hear: Tell, exported: Any, notifier_database: Database, keys: Keys
) -> None:
    await hear(order.placed(subject="anna", first_name="Anna", email=None), order.ready())
    point = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    browser = Subscription(endpoint="https://push.example/1", p256dh=to_base64url(point), auth=AUTH)
    kept = Subscriptions(Sealer(keys.ring("notifier/contacts"))).seal(browser, order.institution_id, "vapid")
    await notifier_database.pool.execute(
        "insert into push_subscriptions values ($1, $2, $3, $4, $5, $6)",
        kept.id,
        order.institution_id,
        order.student_ref,
        kept.sealed,
        kept.key_id,
        NOON,
    )

    told = await exported(order)

    assert [each["endpoint"] for each in told["browsers"]] == ["https://push.example/1"]
    assert AUTH not in json.dumps(told)
