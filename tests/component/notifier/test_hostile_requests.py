"""Whatever is sent to the notifier is answered, and never as a fault of its own."""

import httpx

from tests.component.notifier.conftest import NewToken, bearer
from tests.component.notifier.scene import Order
from tests.hostile import faults


async def test_no_request_of_a_reader_is_answered_as_a_fault(
    client: httpx.AsyncClient, order: Order, new_token: NewToken
) -> None:
    assert await faults(client, bearer(new_token(order.recipient))) == []


async def test_no_request_of_a_stranger_is(client: httpx.AsyncClient) -> None:
    assert await faults(client) == []
