"""Whatever is sent to the wallet service is answered, and never as a fault of its own."""

import httpx

from eventing import Works
from tests.component.wallet.scene import Order, tell
from tests.hostile import faults


async def test_no_request_is_answered_as_a_fault(http: httpx.AsyncClient, works: Works, order: Order) -> None:
    await tell(works, order.ready())

    assert await faults(http) == []


async def test_no_request_of_a_person_who_has_signed_in_is(http: httpx.AsyncClient, signed_in: None) -> None:
    assert await faults(http) == []
