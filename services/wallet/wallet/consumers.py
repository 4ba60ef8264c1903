"""Which use case follows which event: numbers give the order within a stream, any arrival across streams."""

from contracts import issuer
from eventing import Handlers, Received, UnitOfWork, ignore
from wallet.use_cases.change_holds import change_holds
from wallet.use_cases.end_cards import end_cards
from wallet.use_cases.erase_orders import erase_orders
from wallet.use_cases.extend_cards import extend_cards
from wallet.use_cases.record_cards import record_cards
from wallet.use_cases.record_offers import record_offers
from wallet.use_cases.update_cards import update_cards
from wallet.use_cases.withdraw_offers import withdraw_offers


async def on_credential_ready(work: UnitOfWork, received: list[Received[issuer.CredentialReady]]) -> None:
    await record_offers(work, [each.event for each in received])


async def on_offer_withdrawn(work: UnitOfWork, received: list[Received[issuer.OfferWithdrawn]]) -> None:
    await withdraw_offers(work, [each.event for each in received])


async def on_card_issued(work: UnitOfWork, received: list[Received[issuer.CardIssued]]) -> None:
    await record_cards(work, [each.event for each in received])


async def on_card_suspended(work: UnitOfWork, received: list[Received[issuer.CardSuspended]]) -> None:
    await change_holds(work, received)


async def on_card_reinstated(work: UnitOfWork, received: list[Received[issuer.CardReinstated]]) -> None:
    await change_holds(work, received)


async def on_card_revoked(work: UnitOfWork, received: list[Received[issuer.CardRevoked]]) -> None:
    await end_cards(work, [each.event for each in received], "revoked")


async def on_card_replaced(work: UnitOfWork, received: list[Received[issuer.CardReplaced]]) -> None:
    await end_cards(work, [each.event for each in received], "replaced")


async def on_card_extended(work: UnitOfWork, received: list[Received[issuer.CardExtended]]) -> None:
    await extend_cards(work, [each.event for each in received])


async def on_card_updated(work: UnitOfWork, received: list[Received[issuer.CardUpdated]]) -> None:
    await update_cards(work, [each.event for each in received])


async def on_credential_erased(work: UnitOfWork, received: list[Received[issuer.CredentialErased]]) -> None:
    await erase_orders(work, [each.event for each in received])


HANDLERS: Handlers = {
    issuer.CredentialReady: on_credential_ready,
    issuer.CredentialRejected: ignore,
    issuer.OfferWithdrawn: on_offer_withdrawn,
    issuer.CardIssued: on_card_issued,
    issuer.CardSuspended: on_card_suspended,
    issuer.CardReinstated: on_card_reinstated,
    issuer.CardRevoked: on_card_revoked,
    issuer.CardReplaced: on_card_replaced,
    issuer.CardExtended: on_card_extended,
    issuer.CardUpdated: on_card_updated,
    issuer.WalletReported: ignore,
    issuer.CredentialErased: on_credential_erased,
}
