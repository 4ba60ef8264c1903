"""Which use case follows which event: numbers give the order within a stream, any arrival across streams."""

from functools import partial

from contracts import issuer, ordering, wallet
from eventing import Handlers, Received, UnitOfWork, ignore
from notifier.contacts import Contacts
from notifier.domain import notice
from notifier.use_cases.announce_offers import announce_offers
from notifier.use_cases.change_contacts import change_contacts
from notifier.use_cases.erase_orders import erase_orders
from notifier.use_cases.raise_alerts import raise_alerts
from notifier.use_cases.settle_orders import settle_orders
from notifier.use_cases.tell_of_reinstated_cards import tell_of_reinstated_cards
from notifier.use_cases.tell_of_stopped_cards import tell_of_stopped_cards
from notifier.use_cases.welcome_orders import welcome_orders
from notifier.use_cases.withdraw_offers import withdraw_offers
from notifier.use_cases.write_alerts import Tell


async def on_order_placed(
    work: UnitOfWork, received: list[Received[ordering.OrderPlaced]], *, contacts: Contacts, tell: Tell
) -> None:
    await welcome_orders(work, received, contacts=contacts, tell=tell)


async def on_contact_changed(
    work: UnitOfWork, received: list[Received[ordering.ContactChanged]], *, contacts: Contacts
) -> None:
    await change_contacts(work, received, contacts=contacts)


async def on_order_cancelled(
    work: UnitOfWork, received: list[Received[ordering.OrderCancelled]], *, tell: Tell
) -> None:
    """Who cancels their own order knows it."""
    events = [each.event for each in received]
    await settle_orders(work, events)
    notices = [notice("order_cancelled", event) for event in events if event.reason != "student"]
    await raise_alerts(work, notices, tell=tell)


async def on_order_expired(work: UnitOfWork, received: list[Received[ordering.OrderExpired]]) -> None:
    await settle_orders(work, [each.event for each in received])


async def on_order_erased(work: UnitOfWork, received: list[Received[ordering.OrderErased]]) -> None:
    await erase_orders(work, [each.event for each in received])


async def on_credential_ready(
    work: UnitOfWork, received: list[Received[issuer.CredentialReady]], *, tell: Tell
) -> None:
    await announce_offers(work, [each.event for each in received], tell=tell)


async def on_credential_rejected(
    work: UnitOfWork, received: list[Received[issuer.CredentialRejected]], *, tell: Tell
) -> None:
    events = [each.event for each in received]
    await settle_orders(work, events)
    notices = [notice("order_rejected", event, reasons=" ".join(event.reasons)) for event in events]
    await raise_alerts(work, notices, tell=tell)


async def on_offer_withdrawn(work: UnitOfWork, received: list[Received[issuer.OfferWithdrawn]]) -> None:
    await withdraw_offers(work, [each.event for each in received])


async def on_card_issued(
    work: UnitOfWork, received: list[Received[issuer.CardIssued]], *, tell: Tell
) -> None:
    events = [each.event for each in received]
    await settle_orders(work, events)
    notices = [
        notice("activated", event, device=event.device_label, credential_id=str(event.credential_id))
        for event in events
    ]
    await raise_alerts(work, notices, tell=tell)


async def on_card_suspended(
    work: UnitOfWork, received: list[Received[issuer.CardSuspended]], *, tell: Tell
) -> None:
    await tell_of_stopped_cards(work, received, tell=tell)


async def on_card_reinstated(
    work: UnitOfWork, received: list[Received[issuer.CardReinstated]], *, tell: Tell
) -> None:
    await tell_of_reinstated_cards(work, received, tell=tell)


async def on_card_revoked(
    work: UnitOfWork, received: list[Received[issuer.CardRevoked]], *, tell: Tell
) -> None:
    await tell_of_stopped_cards(work, received, tell=tell)


async def on_card_extended(
    work: UnitOfWork, received: list[Received[issuer.CardExtended]], *, tell: Tell
) -> None:
    notices = [
        notice("card_extended", each.event, last_day=each.event.valid_until.isoformat()) for each in received
    ]
    await raise_alerts(work, notices, tell=tell)


async def on_card_updated(
    work: UnitOfWork, received: list[Received[issuer.CardUpdated]], *, tell: Tell
) -> None:
    await raise_alerts(work, [notice("card_updated", each.event) for each in received], tell=tell)


async def on_activation_locked(
    work: UnitOfWork, received: list[Received[wallet.ActivationLocked]], *, tell: Tell
) -> None:
    notices = [notice("code_locked", each.event, generation=each.event.generation) for each in received]
    await raise_alerts(work, notices, tell=tell)


def handlers(contacts: Contacts, tell: Tell) -> Handlers:
    return {
        ordering.OrderPlaced: partial(on_order_placed, contacts=contacts, tell=tell),
        ordering.ActivationCodeRequested: ignore,
        ordering.OrderCancelled: partial(on_order_cancelled, tell=tell),
        ordering.OrderExpired: on_order_expired,
        ordering.CardChangeRequested: ignore,
        ordering.ContactChanged: partial(on_contact_changed, contacts=contacts),
        ordering.OrderErased: on_order_erased,
        issuer.CredentialReady: partial(on_credential_ready, tell=tell),
        issuer.CredentialRejected: partial(on_credential_rejected, tell=tell),
        issuer.OfferWithdrawn: on_offer_withdrawn,
        issuer.CardIssued: partial(on_card_issued, tell=tell),
        issuer.CardSuspended: partial(on_card_suspended, tell=tell),
        issuer.CardReinstated: partial(on_card_reinstated, tell=tell),
        issuer.CardRevoked: partial(on_card_revoked, tell=tell),
        issuer.CardReplaced: ignore,
        issuer.CardExtended: partial(on_card_extended, tell=tell),
        issuer.CardUpdated: partial(on_card_updated, tell=tell),
        issuer.WalletReported: ignore,
        issuer.CredentialErased: ignore,
        wallet.ActivationAccepted: ignore,
        wallet.ActivationFailed: ignore,
        wallet.ActivationLocked: partial(on_activation_locked, tell=tell),
    }
