"""The life of a card after it was made: holds with owners, revocation, extension, new data."""

from base64 import b64decode
from datetime import timedelta
from hashlib import sha256

import pytest

from contracts.base import StreamEvent
from contracts.issuer import CardExtended, CardReinstated, CardRevoked, CardSuspended, CardUpdated
from contracts.ordering import CardChangeRequested, OrderCancelled
from tests.component.issuer.cards import open_card
from tests.component.issuer.peers import Peers
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import END_OF_SEMESTER, PHOTO, Order, Scene, WalletApp, holder_data


@pytest.fixture
async def card(scene: Scene, wallet: WalletApp) -> Order:
    order = await scene.place()
    assert (await wallet.activate(order)).status_code == 200
    return order


async def last(scene: Scene, order: Order) -> StreamEvent:
    names = await scene.told(order, StreamEvent)
    return names[-1]


async def test_a_holder_freezes_and_thaws_a_card(scene: Scene, card: Order) -> None:
    await scene.hear(scene.change(card, "suspend", reason="phone_lost"))
    assert (await scene.state(card), await scene.status(card)) == ("suspended", 2)
    await scene.hear(scene.change(card, "reinstate"))
    assert (await scene.state(card), await scene.status(card)) == ("active", 0)

    [suspended], [reinstated] = await scene.told(card, CardSuspended), await scene.told(card, CardReinstated)
    assert (suspended.holds, suspended.by, suspended.reason) == (("holder",), "holder", "phone_lost")
    assert (reinstated.holds, reinstated.by) == ((), "holder")


async def test_nobody_lifts_anothers_hold(scene: Scene, card: Order) -> None:
    await scene.hear(scene.change(card, "suspend", "holder"))
    await scene.hear(scene.change(card, "suspend", "office", hold_version=1))
    await scene.hear(scene.change(card, "reinstate", "holder"))

    reinstated = await last(scene, card)

    assert isinstance(reinstated, CardReinstated)
    assert reinstated.holds == ("office",)
    assert (await scene.state(card), await scene.status(card)) == ("suspended", 2)


async def test_a_hold_that_stands_is_not_told_again(scene: Scene, card: Order) -> None:
    for _ in range(2):
        await scene.hear(scene.change(card, "suspend"))

    assert len(await scene.told(card, CardSuspended)) == 1


async def test_a_suspension_that_came_ahead_outlasts_an_older_reinstatement(
    scene: Scene, card: Order
) -> None:
    suspension = scene.change(card, "suspend")
    await scene.hear(suspension, ahead=True, number=6)

    await scene.hear(scene.change(card, "reinstate"), number=5)
    await scene.hear(suspension, number=6)
    assert await scene.state(card) == "suspended"
    assert len(await scene.told(card, CardSuspended)) == 1

    await scene.hear(scene.change(card, "reinstate"), number=7)
    assert await scene.state(card) == "active"


async def test_a_suspension_that_overtook_a_reinstatement_is_answered(scene: Scene, card: Order) -> None:
    await scene.hear(scene.change(card, "suspend"), number=4)
    again = scene.change(card, "suspend")

    await scene.hear(again, ahead=True, number=6)
    await scene.hear(scene.change(card, "reinstate"), number=5)
    await scene.hear(again, number=6)

    assert [event.holds for event in await scene.told(card, CardSuspended)] == [("holder",), ("holder",)]
    assert await scene.told(card, CardReinstated) == []


@pytest.mark.parametrize(
    ("versions", "names"),
    [([1, 3, 2, 3], ["CardSuspended", "CardSuspended"]), ([2, 1, 2], ["CardReinstated"])],
    ids=["a hold overtook its end", "an end overtook its hold"],
)
async def test_what_overtook_its_contrary_in_the_office_is_answered(
    scene: Scene, card: Order, versions: list[int], names: list[str]
) -> None:
    for version in versions:
        change = "suspend" if version % 2 else "reinstate"
        await scene.hear(scene.change(card, change, "office", hold_version=version))

    assert (await scene.names(card))[2:] == names


async def test_a_revocation_that_came_ahead_is_told_once(scene: Scene, card: Order) -> None:
    revocation = scene.change(card, "revoke", reason="phone_lost")

    await scene.hear(revocation, ahead=True, number=9)
    await scene.hear(scene.change(card, "suspend"), number=8)
    await scene.hear(revocation, number=9)

    [revoked] = await scene.told(card, CardRevoked)
    assert revoked.reason == "phone_lost"
    assert await scene.names(card) == ["CredentialReady", "CardIssued", "CardRevoked"]
    assert (await scene.state(card), await scene.status(card)) == ("revoked", 1)


async def test_a_revoked_card_is_never_given_again(scene: Scene, wallet: WalletApp) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))
    await wallet.ask(token, phone)
    await scene.hear(scene.change(order, "revoke"))

    response = await wallet.ask(token, phone)

    assert response.json()["error"] == "credential_request_denied"


async def test_cancelling_just_after_the_card_was_made_revokes_it(scene: Scene, card: Order) -> None:
    await scene.hear(scene.about(card, OrderCancelled, reason="student"))

    [revoked] = await scene.told(card, CardRevoked)
    assert revoked.reason == "order_cancelled"
    assert await scene.status(card) == 1


async def test_the_office_holds_every_card_of_a_student_whatever_the_key(scene: Scene, card: Order) -> None:
    other = await scene.place(Order(student_ref=card.student_ref))

    await scene.hear(
        scene.change(
            other, "suspend", "office", hold_version=3, actor_ref="clerk-7", reason="rights_suspended"
        )
    )

    suspended = await last(scene, card)
    assert isinstance(suspended, CardSuspended)
    assert (suspended.by, suspended.holds, suspended.reason) == ("office", ("office",), "rights_suspended")


async def test_an_older_hold_of_the_office_is_ignored_whatever_its_key(scene: Scene, card: Order) -> None:
    other = await scene.place(Order(student_ref=card.student_ref))
    await scene.hear(scene.change(card, "suspend", "office", hold_version=3))
    await scene.hear(scene.change(other, "reinstate", "office", hold_version=4))

    await scene.hear(scene.change(card, "suspend", "office", hold_version=2))

    assert await scene.state(card) == "active"


async def test_one_hold_told_on_many_keys_at_once_is_told_once_per_card(scene: Scene, card: Order) -> None:
    other = await scene.place(Order(student_ref=card.student_ref))

    await scene.hear(*(scene.change(order, "suspend", "office", hold_version=5) for order in (card, other)))

    assert len(await scene.told(card, CardSuspended)) == 1
    assert await scene.told(other, CardSuspended) == []


async def test_a_card_made_under_a_hold_is_suspended_from_the_start(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place(office_hold=True, hold_version=2)

    response = await wallet.activate(order)

    assert response.status_code == 200
    assert await scene.names(order) == ["CredentialReady", "CardIssued", "CardSuspended"]
    assert (await scene.state(order), await scene.status(order)) == ("suspended", 2)


async def test_a_hold_told_with_a_new_order_holds_the_old_card(scene: Scene, card: Order) -> None:
    await scene.place(Order(student_ref=card.student_ref), office_hold=True, hold_version=8)

    assert await scene.state(card) == "suspended"


async def test_a_hold_on_an_order_without_a_card_waits_for_the_card(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    await scene.hear(scene.change(order, "suspend", "office", hold_version=1))
    assert await scene.names(order) == ["CredentialReady"]

    await wallet.activate(order)

    assert await scene.state(order) == "suspended"


async def test_an_extension_moves_the_end(scene: Scene, wallet: WalletApp) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))
    await wallet.ask(token, phone)
    later = END_OF_SEMESTER + timedelta(days=214)

    await scene.hear(scene.change(order, "extend", "office", valid_until=later))

    [extended] = await scene.told(order, CardExtended)
    assert extended.valid_until == later
    card = open_card(await wallet.ask(token, phone))
    assert card.claims["exp"] == later.timestamp()


async def test_an_extension_never_shortens_and_is_answered_with_the_end_that_stands(
    scene: Scene, card: Order
) -> None:
    sooner = END_OF_SEMESTER - timedelta(days=60)

    await scene.hear(scene.change(card, "extend", "office", valid_until=sooner))

    [extended] = await scene.told(card, CardExtended)
    assert extended.valid_until == END_OF_SEMESTER
    assert await actions(scene, card) == ["issued"]


async def test_a_card_whose_holder_was_forgotten_is_not_extended_and_that_is_told(
    scene: Scene, card: Order
) -> None:
    await scene.works.pool.execute("delete from holders where order_id = $1", card.order_id)

    later = END_OF_SEMESTER + timedelta(days=214)
    await scene.hear(scene.change(card, "extend", "office", valid_until=later))

    [extended] = await scene.told(card, CardExtended)
    assert extended.valid_until == END_OF_SEMESTER


async def actions(scene: Scene, order: Order) -> list[str]:
    rows = await scene.works.pool.fetch(
        "select action from card_audit where order_id = $1 order by id", order.order_id
    )
    return [row["action"] for row in rows]


async def test_an_ended_card_is_not_extended(scene: Scene, card: Order) -> None:
    await scene.hear(scene.change(card, "revoke"))

    await scene.hear(scene.change(card, "extend", "office", valid_until=END_OF_SEMESTER))

    assert await scene.told(card, CardExtended) == []


async def test_new_data_make_a_new_revision_with_the_new_photo(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))
    await wallet.ask(token, phone)
    peers.photo = b"\xff\xd8\xff a newer portrait"
    data = holder_data(family_name="Nowa", photo_sha256=sha256(peers.photo).hexdigest())

    sealed = scene.sealed(order, CardChangeRequested, data)
    await scene.hear(scene.change(order, "update", "office", holder_sealed=sealed))

    [updated] = await scene.told(order, CardUpdated)
    assert updated.revision == 2
    card = open_card(await wallet.ask(token, phone))
    assert card.disclosed["family_name"] == "Nowa"
    assert b64decode(card.disclosed["portrait"].partition(",")[2]) == peers.photo


async def test_a_photo_that_is_the_same_is_not_fetched_again(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))
    await wallet.ask(token, phone)
    peers.ordering_is_away = True

    sealed = scene.sealed(order, CardChangeRequested, holder_data(family_name="Nowa"))
    await scene.hear(scene.change(order, "update", "system", holder_sealed=sealed))

    card = open_card(await wallet.ask(token, phone))
    assert card.disclosed["family_name"] == "Nowa"
    assert b64decode(card.disclosed["portrait"].partition(",")[2]) == PHOTO


async def test_new_data_before_the_card_go_into_it_and_are_not_told(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    sealed = scene.sealed(order, CardChangeRequested, holder_data(family_name="Nowa"))

    await scene.hear(scene.change(order, "update", "system", holder_sealed=sealed))

    assert open_card(await wallet.activate(order)).disclosed["family_name"] == "Nowa"
    assert await scene.told(order, CardUpdated) == []


async def test_a_card_that_has_ended_gets_no_new_data(scene: Scene, card: Order) -> None:
    await scene.hear(scene.change(card, "revoke"))
    sealed = scene.sealed(card, CardChangeRequested, holder_data(family_name="Nowa"))

    await scene.hear(scene.change(card, "update", "system", holder_sealed=sealed))

    assert await scene.told(card, CardUpdated) == []


async def test_who_did_what_to_which_card_is_written_down(scene: Scene, card: Order) -> None:
    await scene.hear(
        scene.change(
            card, "suspend", "office", hold_version=1, actor_ref="clerk-7", reason="rights_suspended"
        )
    )
    await scene.hear(scene.change(card, "revoke", "holder"))

    lines = await scene.works.pool.fetch(
        "select action, by, actor_ref, reason, at from card_audit where order_id = $1 order by id",
        card.order_id,
    )
    assert [tuple(line)[:4] for line in lines] == [
        ("issued", "holder", None, None),
        ("suspended", "office", "clerk-7", "rights_suspended"),
        ("revoked", "holder", None, None),
    ]
    assert all(line["at"] == scene.clock.now for line in lines)
