"""Which use case follows which event. Every arrival across topics is expected: see `domain`."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from contracts import issuer, notifier, wallet
from contracts.base import StreamEvent
from eventing import Handler, Handlers, Received, UnitOfWork
from ordering import domain
from ordering.use_cases.record_erasures import record_erasures
from ordering.use_cases.record_facts import record_facts
from ordering.use_cases.record_issued_cards import record_issued_cards
from ordering.use_cases.record_offers import record_offers
from ordering.use_cases.record_told import record_told
from servicekit.sealing import Sealer

Touch = Callable[[UUID], None]


async def on_credential_ready(
    work: UnitOfWork, received: list[Received[issuer.CredentialReady]], *, codes: Sealer
) -> None:
    await record_offers(work, received, codes)


async def on_credential_rejected(
    work: UnitOfWork, received: list[Received[issuer.CredentialRejected]]
) -> None:
    await record_facts(work, received, lambda order, event, _: domain.rejected(order, event))


async def on_offer_withdrawn(work: UnitOfWork, received: list[Received[issuer.OfferWithdrawn]]) -> None:
    await record_facts(work, received, lambda order, event, _: domain.withdrawn(order, event))


async def on_card_issued(work: UnitOfWork, received: list[Received[issuer.CardIssued]]) -> None:
    await record_issued_cards(work, received)


async def on_card_held(
    work: UnitOfWork, received: list[Received[issuer.CardSuspended | issuer.CardReinstated]]
) -> None:
    await record_facts(work, received, domain.held)


async def on_card_ended(
    work: UnitOfWork, received: list[Received[issuer.CardRevoked | issuer.CardReplaced]]
) -> None:
    await record_facts(work, received, lambda order, event, _: domain.card_ended(order, event))


async def on_card_extended(work: UnitOfWork, received: list[Received[issuer.CardExtended]]) -> None:
    await record_facts(work, received, lambda order, event, _: domain.extended(order, event))


async def on_credential_erased(work: UnitOfWork, received: list[Received[issuer.CredentialErased]]) -> None:
    await record_erasures(work, received)


async def on_activation_attempted(
    work: UnitOfWork,
    received: list[Received[wallet.ActivationFailed | wallet.ActivationLocked]],
) -> None:
    await record_facts(work, received, lambda order, event, _: domain.attempted(order, event))


async def on_card_updated(work: UnitOfWork, received: list[Received[issuer.CardUpdated]]) -> None:
    await record_facts(work, received, lambda order, _event, _number: order)


async def on_told(work: UnitOfWork, received: list[Received[StreamEvent]]) -> None:
    await record_told(work, received)


def handlers(codes: Sealer, touch: Touch) -> Handlers:
    """`touch` wakes, after the commit, whoever watches one of the orders."""
    by_event: Handlers = {
        issuer.CredentialReady: partial(on_credential_ready, codes=codes),
        issuer.CredentialRejected: on_credential_rejected,
        issuer.OfferWithdrawn: on_offer_withdrawn,
        issuer.CardIssued: on_card_issued,
        issuer.CardSuspended: on_card_held,
        issuer.CardReinstated: on_card_held,
        issuer.CardRevoked: on_card_ended,
        issuer.CardReplaced: on_card_ended,
        issuer.CardExtended: on_card_extended,
        issuer.CardUpdated: on_card_updated,
        issuer.WalletReported: on_told,
        issuer.CredentialErased: on_credential_erased,
        wallet.ActivationAccepted: on_told,
        wallet.ActivationFailed: on_activation_attempted,
        wallet.ActivationLocked: on_activation_attempted,
        notifier.AlertDelivered: on_told,
        notifier.AlertFailed: on_told,
    }
    return {event: partial(_announce, handler, touch) for event, handler in by_event.items()}


async def _announce(handler: Handler, touch: Touch, work: UnitOfWork, received: list[Received[Any]]) -> None:
    await handler(work, received)
    for one in received:
        work.after_commit(partial(touch, one.event.order_id))
