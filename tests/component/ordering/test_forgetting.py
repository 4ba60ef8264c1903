"""A photo is kept as long as a card with it may be given or renewed, and no longer."""

from datetime import timedelta
from uuid import UUID

import pytest

from eventing import Works
from ordering.use_cases.forget_photos import forget_photos
from tests.component.ordering.conftest import PlaceOrder
from tests.component.ordering.scene import SEMESTER_END, Clock, Story, tell


@pytest.fixture
async def replaced_photo(works: Works, anna: UUID, place_order: PlaceOrder) -> Story:
    """A card with a photo that its student has no longer."""
    story = await place_order()
    await works.pool.execute("update students set photo_sha256 = null where student_ref = $1", anna)
    await tell(works, story.ready(), story.issued())
    return story


async def photos_left(works: Works) -> int:
    async with works.begin() as work:
        await forget_photos(work)
        kept = await work.connection.fetchval("select count(*) from photos")
    return int(kept)


async def test_a_replaced_photo_goes_with_its_card(works: Works, replaced_photo: Story) -> None:
    assert await photos_left(works) == 1

    await tell(works, replaced_photo.revoked())

    assert await photos_left(works) == 0


async def test_the_photo_of_an_expired_card_stays_while_an_extension_may_come(
    works: Works, replaced_photo: Story, clock: Clock
) -> None:
    clock.now = SEMESTER_END + timedelta(days=30)
    assert await photos_left(works) == 1

    clock.advance(seconds=1)

    assert await photos_left(works) == 0


async def test_the_photo_that_a_student_has_stays(works: Works, place_order: PlaceOrder, anna: UUID) -> None:
    story = await place_order()
    await tell(works, story.ready(), story.issued(), story.revoked())

    assert await photos_left(works) == 1


async def test_an_order_that_is_busy_waits_its_turn(works: Works, replaced_photo: Story) -> None:
    await tell(works, replaced_photo.revoked())
    async with works.pool.acquire() as other, other.transaction():
        await other.execute("select from orders for update")
        assert await photos_left(works) == 1

    assert await photos_left(works) == 0


async def test_one_look_takes_no_more_than_its_limit(
    works: Works, anna: UUID, place_order: PlaceOrder
) -> None:
    for number in (1, 2):
        story = await place_order(key=f"key-{number}")
        await tell(works, story.ready(), story.issued(), story.revoked())

    async with works.begin() as work:
        assert [await forget_photos(work, limit=1) for _ in range(3)] == [1, 1, 0]
