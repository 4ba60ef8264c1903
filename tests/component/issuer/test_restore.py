"""After a restore no card that was forgotten is valid, and those that the old log tells are known again."""

from uuid import UUID, uuid4

import pytest

from contracts.issuer import CardIssued, CardReplaced, CardRevoked
from issuer import status_list
from issuer.store import status
from issuer.store.status import StatusEntry, load_list
from issuer.use_cases import recover_cards as recovering
from issuer.use_cases.close_status_lists import close_status_lists
from issuer.use_cases.move_offers import move_offers
from issuer.use_cases.recover_cards import recover_cards
from tests.component.issuer.conftest import LIST_SIZE
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import END_OF_SEMESTER, Order, Scene
from tests.mutants import Mutant, apply, holds_against


async def _keep_nothing(_conn: object) -> None:
    """The lists from before stay open."""


async def _leave_offers(_conn: object) -> dict[UUID, str]:
    return {}


async def _forget(*_told: object) -> None:
    """The old log is not looked at."""


MUTANTS: dict[str, Mutant] = {
    "old_lists_stay_open": [(status, "close_lists", _keep_nothing)],
    "offers_keep_their_index": [(status, "free_indices_of_offers", _leave_offers)],
    "the_old_log_is_not_looked_at": [(recovering, "_recover", _forget)],
}


@pytest.fixture
def mutated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param is not None:
        apply(MUTANTS[request.param], monkeypatch)


async def restored(scene: Scene, *told: CardIssued) -> None:
    async with scene.works.begin() as work:
        await close_status_lists(work, ["umcs"], LIST_SIZE)
        await recover_cards(work, told)
    async with scene.works.begin() as work:
        await recover_cards(work, told)
        await move_offers(work)


async def issued_and_forgotten(scene: Scene, order: Order, **changes: object) -> CardIssued:
    """What was told of a card after the time that the database was restored to."""
    ready, phone = await scene.ready(order), Phone()
    fields = {
        "credential_id": ready.credential_id,
        "generation": 1,
        "holder_jwk": phone.jwk,
        "holder_jkt": phone.jkt,
        "valid_until": END_OF_SEMESTER,
        "replaces": None,
        "device_label": "android",
    }
    return scene.about(order, CardIssued, **(fields | changes))


async def entry(scene: Scene, order: Order) -> StatusEntry:
    row = await scene.works.pool.fetchrow(
        "select number, idx from status_entries join status_lists using (list_id) where order_id = $1",
        order.order_id,
    )
    assert row is not None
    return StatusEntry(**row)


async def shown(scene: Scene, number: int) -> list[int]:
    """Every status of a list, as checkers see it."""
    async with scene.works.begin() as work:
        found = await load_list(work.connection, "umcs", number)
    assert found is not None
    packed = status_list.pack(*found)
    return [packed[index // 4] >> (index % 4 * 2) & 3 for index in range(LIST_SIZE)]


@holds_against("old_lists_stay_open")
async def test_what_is_nobodys_in_an_old_list_is_revoked_and_new_offers_use_a_new_list(
    lone_scene: Scene,
) -> None:
    await restored(lone_scene)

    later = await lone_scene.place()

    assert set(await shown(lone_scene, 1)) == {1}
    assert set(await shown(lone_scene, 2)) == {0}
    assert (await entry(lone_scene, later)).number == 2


@holds_against("offers_keep_their_index")
async def test_an_offer_leaves_its_index_as_a_card_may_have_been_made_of_it(lone_scene: Scene) -> None:
    order = await lone_scene.place()
    before = await entry(lone_scene, order)

    await restored(lone_scene)

    assert (before.number, (await entry(lone_scene, order)).number) == (1, 2)
    assert (await shown(lone_scene, 1))[before.idx] == 1


@holds_against("the_old_log_is_not_looked_at")
async def test_a_card_that_the_old_log_tells_is_known_again_at_its_place(lone_scene: Scene) -> None:
    order = await lone_scene.place()
    before, told = await entry(lone_scene, order), await issued_and_forgotten(lone_scene, order)

    await restored(lone_scene, told)

    again = [(each.holder_jkt, each.credential_id) for each in await lone_scene.told(order, CardIssued)]
    assert again == [(told.holder_jkt, told.credential_id)]
    assert await lone_scene.state(order) == "active"
    assert await entry(lone_scene, order) == before
    assert [each for each in await shown(lone_scene, 1) if each != 1] == [0]


async def test_a_swap_that_the_old_log_tells_ends_the_old_card_again(lone_scene: Scene) -> None:
    old = await lone_scene.place()
    await restored(lone_scene, await issued_and_forgotten(lone_scene, old))
    named = (await lone_scene.ready(old)).credential_id
    new = await lone_scene.place(Order(student_ref=old.student_ref, replaces=named))

    await restored(lone_scene, await issued_and_forgotten(lone_scene, new, replaces=named))

    assert (await lone_scene.state(old), await lone_scene.state(new)) == ("replaced", "active")
    assert len(await lone_scene.told(old, CardReplaced)) == 1


async def test_a_card_whose_place_is_lost_is_told_as_revoked_once(lone_scene: Scene) -> None:
    made_anew = await lone_scene.place()
    told = await issued_and_forgotten(lone_scene, made_anew, credential_id=uuid4())

    await restored(lone_scene, told, told)

    assert [event.reason for event in await lone_scene.told(made_anew, CardRevoked)] == ["restore"]
    assert await lone_scene.state(made_anew) == "revoked"


async def test_a_card_of_an_order_that_nobody_knows_is_left_out(lone_scene: Scene) -> None:
    known = await lone_scene.place()
    told = await issued_and_forgotten(lone_scene, known)

    await restored(lone_scene, told.model_copy(update={"order_id": uuid4()}))

    assert await lone_scene.state(known) == "offered"


async def test_what_is_only_an_offer_here_is_revoked_when_its_card_is(lone_scene: Scene) -> None:
    order = await lone_scene.place()

    await lone_scene.hear(lone_scene.change(order, "revoke", reason="phone_lost"))

    assert [event.reason for event in await lone_scene.told(order, CardRevoked)] == ["phone_lost"]
    assert await lone_scene.state(order) == "revoked"
