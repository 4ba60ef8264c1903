"""The person behind a card is known as long as the card may be given or renewed, and no longer."""

from datetime import timedelta

from contracts.ordering import OrderCancelled
from issuer.use_cases.forget_holders import forget_holders
from tests.component.issuer.scene import END_OF_SEMESTER, Clock, Order, Scene


async def is_kept(scene: Scene, order: Order) -> bool:
    async with scene.works.begin() as work:
        await forget_holders(work, limit=10_000)
        return bool(
            await work.connection.fetchval("select true from holders where order_id = $1", order.order_id)
        )


async def test_a_revoked_card_leaves_no_person_behind(lone_scene: Scene) -> None:
    order = await lone_scene.place()
    assert await is_kept(lone_scene, order)

    await lone_scene.hear(lone_scene.change(order, "revoke"))

    assert not await is_kept(lone_scene, order)


async def test_nor_does_an_offer_that_was_withdrawn(lone_scene: Scene) -> None:
    order = await lone_scene.place()

    await lone_scene.hear(lone_scene.about(order, OrderCancelled, reason="student"))

    assert not await is_kept(lone_scene, order)


async def test_an_expired_card_is_kept_while_an_extension_may_come(lone_scene: Scene, clock: Clock) -> None:
    order = await lone_scene.place()
    clock.now = END_OF_SEMESTER + timedelta(days=30)
    assert await is_kept(lone_scene, order)

    clock.pass_by(timedelta(seconds=1))

    assert not await is_kept(lone_scene, order)


async def test_what_is_busy_waits_its_turn_and_one_look_has_a_limit(lone_scene: Scene) -> None:
    for order in [await lone_scene.place() for _ in range(3)]:
        await lone_scene.hear(lone_scene.change(order, "revoke"))
    pool = lone_scene.works.pool

    async with pool.acquire() as other, other.transaction(), lone_scene.works.begin() as work:
        first = await other.fetchval("select order_id from holders order by 1 limit 1")
        await other.execute("select from credentials where order_id = $1 for update", first)
        assert [await forget_holders(work, limit=1) for _ in range(3)] == [1, 1, 0]
