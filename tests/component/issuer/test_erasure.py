"""Erasure: at once nothing is left but a tombstone, the audit lines and a status that says invalid."""

from contracts.issuer import CardRevoked, CredentialErased
from contracts.ordering import OrderErased
from servicekit.audit import verify_audit
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import Order, Scene, WalletApp


async def test_a_card_is_revoked_and_told_as_erased(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    await wallet.activate(order)

    await scene.hear(scene.about(order, OrderErased))

    assert [event.reason for event in await scene.told(order, CardRevoked)] == ["erased"]
    assert len(await scene.told(order, CredentialErased)) == 1
    assert (await scene.state(order), await scene.status(order)) == ("revoked", 1)


async def test_nothing_that_leads_to_the_person_is_left(scene: Scene, wallet: WalletApp) -> None:
    order, phone = await scene.place(), Phone()
    await wallet.activate(order, phone)
    ready = await scene.ready(order)

    await scene.hear(scene.about(order, OrderErased))

    everything = await scene.dump()
    secrets = [
        str(order.student_ref),
        ready.offer_id,
        ready.activation_code_sealed,
        phone.jkt,
        phone.jwk["x"],
    ]
    assert not [secret for secret in secrets if secret in everything]
    holders = await scene.works.pool.fetchval(
        "select count(*) from holders where order_id = $1", order.order_id
    )
    assert holders == 0


async def test_the_student_is_remembered_as_long_as_another_order_is_there(scene: Scene) -> None:
    first = await scene.place()
    second = await scene.place(Order(student_ref=first.student_ref))

    await scene.hear(scene.about(first, OrderErased))
    assert str(first.student_ref) in await scene.dump()

    await scene.hear(scene.about(second, OrderErased))
    assert str(first.student_ref) not in await scene.dump()


async def test_the_audit_lines_stay(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    await wallet.activate(order)

    await scene.hear(scene.about(order, OrderErased))

    lines = await scene.works.pool.fetch(
        "select action from card_audit where order_id = $1 order by id", order.order_id
    )
    assert [line["action"] for line in lines] == ["issued", "erased"]


async def test_an_erasure_leaves_the_audit_whole(lone_scene: Scene) -> None:
    """In a database of its own: other tests move the clock, and lines that go back in time are a fault."""
    order = await lone_scene.place()

    await lone_scene.hear(lone_scene.change(order, "revoke"))
    await lone_scene.hear(lone_scene.about(order, OrderErased))

    async with lone_scene.works.pool.acquire() as connection:
        verdict = await verify_audit(connection)
    assert verdict.faults == []
    assert verdict.heads


async def test_an_erasure_is_told_once(scene: Scene) -> None:
    order = await scene.place()
    erased = scene.about(order, OrderErased)

    await scene.hear(erased, ahead=True, number=5)
    await scene.hear(erased, number=5)

    assert len(await scene.told(order, CredentialErased)) == 1


async def test_an_order_that_is_told_after_its_erasure_is_not_brought_back(scene: Scene) -> None:
    order = Order()
    await scene.hear(scene.about(order, OrderErased), ahead=True, number=2)

    await scene.place(order)

    assert await scene.names(order) == ["CredentialErased"]
    assert str(order.student_ref) not in await scene.dump()


async def test_an_erased_order_gets_no_card(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))
    await scene.hear(scene.about(order, OrderErased))

    response = await wallet.ask(token, Phone())

    assert (response.status_code, response.json()["error"]) == (400, "credential_request_denied")
