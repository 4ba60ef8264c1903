"""From an order to a card in one phone."""


from contracts.issuer import CardIssued
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import END_OF_SEMESTER, Scene, WalletApp


async def test_an_order_becomes_an_offer_with_a_sealed_code(scene: Scene) -> None:
    order = await scene.place()

    ready = await scene.ready(order)

    assert await scene.names(order) == ["CredentialReady"]
    assert ready.generation == 1
    assert ready.expires_at > scene.clock.now


async def test_the_first_phone_gets_the_card(scene: Scene, wallet: WalletApp) -> None:
    order, phone = await scene.place(), Phone()

    response = await wallet.activate(order, phone)

    assert response.status_code == 200, response.text
    [issued] = await scene.told(order, CardIssued)
    assert issued.holder_jkt == phone.jkt
    assert issued.holder_jwk == phone.jwk
    assert issued.valid_until == END_OF_SEMESTER
