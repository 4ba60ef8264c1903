"""A student is told everything that the issuer stores about them, and nothing about anybody else."""

import json
from base64 import b64decode
from typing import Any

import pytest

from contracts.ordering import OrderErased
from issuer.commands import export
from issuer.settings import IssuerSettings
from tests.component.issuer.scene import PHOTO, Order, Scene, WalletApp


@pytest.fixture
def exported(settings: IssuerSettings, capsys: pytest.CaptureFixture[str]) -> Any:
    async def exported(order: Order) -> dict[str, Any]:
        capsys.readouterr()
        await export(settings, order.institution_id, order.student_ref)
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return exported


async def test_the_card_is_told_with_person_photo_phone_and_audit(
    scene: Scene, wallet: WalletApp, exported: Any
) -> None:
    order = await scene.place()
    await scene.place()
    answer = await wallet.activate(order)

    told = await exported(order)

    [card] = told["cards"]
    assert card["order_id"] == str(order.order_id)
    assert (card["holder"]["family_name"], card["holder"]["pesel"]) == ("Gżegżółka-Źdźbło", "04222912345")
    assert b64decode(card["photo_jpeg"]) == PHOTO
    assert card["holder_jwk"]["kty"] == "EC"
    assert [line["action"] for line in told["audit"]] == ["issued"]
    assert answer.json()["notification_id"] not in json.dumps(told)


async def test_of_an_erased_student_nothing_is_told(scene: Scene, wallet: WalletApp, exported: Any) -> None:
    order = await scene.place()
    await wallet.activate(order)
    await scene.hear(scene.about(order, OrderErased))

    told = await exported(order)

    assert told == {"office_hold": None, "cards": [], "reports_of_the_wallet": [], "audit": []}
