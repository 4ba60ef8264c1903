"""Events of ordering, and the use case that each is for."""

from functools import partial

from contracts.ordering import (
    ActivationCodeRequested,
    CardChangeRequested,
    ContactChanged,
    OrderCancelled,
    OrderErased,
    OrderExpired,
    OrderPlaced,
)
from eventing import Handlers, Received, UnitOfWork, ignore
from issuer.use_cases.cancel_orders import cancel_orders
from issuer.use_cases.change_cards import change_cards
from issuer.use_cases.erase_credentials import erase_credentials
from issuer.use_cases.make_offers import make_offers
from issuer.use_cases.renew_codes import renew_codes
from issuer.use_cases.withdraw_offers import withdraw_offers
from issuer.workshop import Workshop


def handlers(workshop: Workshop) -> Handlers:
    return {
        OrderPlaced: partial(on_order_placed, workshop),
        ActivationCodeRequested: partial(on_activation_code_requested, workshop),
        OrderCancelled: on_order_cancelled,
        OrderExpired: on_order_expired,
        CardChangeRequested: partial(on_card_change_requested, workshop),
        ContactChanged: ignore,
        OrderErased: on_order_erased,
    }


async def on_order_placed(
    workshop: Workshop, work: UnitOfWork, received: list[Received[OrderPlaced]]
) -> None:
    secrets = [workshop.draw_secrets() for _ in received]
    await make_offers(work, [each.event for each in received], secrets, workshop)


async def on_activation_code_requested(
    workshop: Workshop, work: UnitOfWork, received: list[Received[ActivationCodeRequested]]
) -> None:
    secrets = [workshop.draw_secrets() for _ in received]
    await renew_codes(work, [each.event for each in received], secrets, workshop)


async def on_order_cancelled(work: UnitOfWork, received: list[Received[OrderCancelled]]) -> None:
    await cancel_orders(work, [each.event for each in received])


async def on_order_expired(work: UnitOfWork, received: list[Received[OrderExpired]]) -> None:
    await withdraw_offers(work, [each.event for each in received])


async def on_card_change_requested(
    workshop: Workshop, work: UnitOfWork, received: list[Received[CardChangeRequested]]
) -> None:
    await change_cards(work, received, workshop.vault)


async def on_order_erased(work: UnitOfWork, received: list[Received[OrderErased]]) -> None:
    await erase_credentials(work, [each.event for each in received])
