"""What the wallet service stores about orders is told, without what would let anybody use it."""

import json

import pytest

from eventing import Works
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NOON, Order, tell
from wallet.commands import export
from wallet.settings import WalletSettings
from wallet.store.presentations import save_presentation


async def test_offer_card_and_pack_of_the_orders_asked_for_are_told(
    settings: WalletSettings,
    works: Works,
    card: Order,
    new_order: NewOrder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = new_order()
    await tell(works, other.ready(), other.issued())
    async with works.begin() as work:
        await save_presentation(work.connection, bytes(16), card.credential_id, b"pack", NOON)

    await export(settings, [card.order_id])

    text = capsys.readouterr().out
    told = json.loads(text)
    assert [(each["generation"], each["ended"]) for each in told["offers"]] == [(1, "issued")]
    assert [(each["holder_jwk"], each["pack_bytes"]) for each in told["cards"]] == [(card.phone.jwk, 4)]
    assert card.offer_id() not in text
    assert str(other.order_id) not in text
