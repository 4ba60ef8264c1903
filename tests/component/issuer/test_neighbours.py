"""What belongs to one institution opens nothing at another: they share an issuer, and nothing else."""

from typing import Any

import pytest

from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import ISSUER, NOON, Order, Scene, WalletApp
from tests.component.issuer.test_cards import error_of


async def test_a_token_for_a_card_of_one_institution_gets_none_at_another(
    scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))

    answer = await wallet.ask(token, Phone(), institution_id="pwr")

    assert error_of(answer) == (401, "invalid_token")
    assert await scene.state(order) == "offered"


@pytest.mark.parametrize("where", ["pwr", "umcs"])
async def test_a_token_that_names_an_institution_and_an_order_of_another_is_refused(
    scene: Scene, wallet: WalletApp, where: str
) -> None:
    """No wallet service makes one; the rows are asked nevertheless."""
    order = await scene.place(Order(institution_id="umcs" if where == "pwr" else "pwr"))
    token = wallet.token(await scene.ready(order), aud=f"{ISSUER}/t/{where}")

    answer = await wallet.ask(token, Phone(), institution_id=where)

    assert error_of(answer) == (401, "invalid_token")
    assert await scene.state(order) == "offered"


async def test_a_card_of_one_institution_is_reported_nowhere_else(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    card: Any = (await wallet.activate(order)).json()
    headers = {"Authorization": f"Bearer {wallet.token(await scene.ready(order))}"}
    report = {"notification_id": card["notification_id"], "event": "credential_accepted"}

    answer = await wallet.http.post("/t/pwr/notification", json=report, headers=headers)

    assert error_of(answer) == (401, "invalid_token")


async def test_a_proof_for_one_institution_is_none_at_another(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place(Order(institution_id="pwr"))
    phone, token = Phone(), wallet.token(await scene.ready(order))
    proof = phone.proof(audience=f"{ISSUER}/t/umcs", nonce=await wallet.nonce("pwr"), now=NOON)

    answer = await wallet.ask(token, phone, institution_id="pwr", body={"proofs": {"jwt": [proof]}})

    assert error_of(answer) == (400, "invalid_proof")
    assert await scene.state(order) == "offered"
