"""An order as it goes on, and what can be done with it; its page shows the card, once there is one."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import Response

from ordering import acts, qr, reading
from ordering.callers import OwnOrder
from ordering.domain import Order
from ordering.pages.around import AVisit, Visit, see_other
from ordering.pages.placing import Values, promise
from ordering.pages.screens import screen_of, steps_of
from ordering.problems import OrderClosed
from ordering.timeline import KINDS, Entry
from ordering.views import CardView, order_view
from servicekit.accepting import FORM, accepts
from servicekit.refusals import NotFound

router = APIRouter(prefix="/orders/{order_id}", include_in_schema=False)


@router.get("")
async def show(order_id: OwnOrder, visit: AVisit) -> Response:
    orders = await reading.orders(visit.parts, visit.me)
    order = next((order for order in orders if order.order_id == order_id), None)
    if order is None:
        raise NotFound
    return await show_order(visit, order, orders)


@router.post("/activation-code")
@accepts(FORM)
async def ask_for_new_code(order_id: OwnOrder, visit: AVisit) -> Response:
    await acts.ask_for_new_code(visit.parts, visit.me, order_id)
    return see_other(f"/orders/{order_id}")


@router.get("/cancellation")
async def confirm_cancellation(order_id: OwnOrder, visit: AVisit) -> Response:
    order, _ = await reading.order(visit.parts, visit.me, order_id)
    if order.end is not None:
        return see_other(f"/orders/{order_id}")
    return visit.show("cancellation.html", {"order": order})


@router.post("/cancellation")
@accepts(FORM)
async def cancel(order_id: OwnOrder, visit: AVisit) -> Response:
    """Whoever comes too late sees what became of the order."""
    with suppress(OrderClosed):
        await acts.cancel(visit.parts, visit.me, order_id)
    return see_other(f"/orders/{order_id}")


async def show_order(visit: Visit, order: Order, orders: list[Order]) -> Response:
    """`orders`: all of the student, read together."""
    entries, cards = await reading.timeline_and_cards(visit.parts, order, orders)
    card = next((card for card in cards if card.order_id == order.order_id), None)
    values = _order_values(visit, order, entries, card) | {
        "former": _former(order, cards),
        "others": [other for other in orders if other.order_id != order.order_id],
    }
    return visit.show("order.html", values | await promise(visit))


def _order_values(visit: Visit, order: Order, entries: list[Entry], card: CardView | None) -> Values:
    activation = order_view(visit.parts, order, entries).activation
    return {
        "order": order,
        "card": card,
        "activation": activation,
        "qr": _drawn(activation.qr_payload) if activation else None,
        "screen": screen_of(order, activation, card),
        "steps": steps_of(order, entries),
        "last_entry": entries[-1].number if entries else 0,
        "kinds": KINDS,
    }


# A page is loaded again whenever something happens to its order, and shows the same code until a new offer.
@lru_cache(maxsize=256)
def _drawn(payload: str) -> Markup:
    return Markup(qr.svg(payload))  # noqa: S704 our own drawing


def _former(order: Order, cards: Iterable[CardView]) -> CardView | None:
    """The card that this order is to replace, as long as it can be shown."""
    standing = (card for card in cards if card.status in ("ACTIVE", "SUSPENDED"))
    return next((card for card in standing if card.credential_id == order.replaces), None)
