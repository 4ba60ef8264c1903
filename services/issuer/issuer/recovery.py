"""What the issuer does after a restore: cards that it has forgotten are valid no more, or known again."""

from collections.abc import Sequence
from functools import partial

from contracts.base import Event
from contracts.issuer import CardIssued
from eventing import Recovery, UnitOfWork
from issuer.consumers import handlers
from issuer.settings import IssuerSettings
from issuer.use_cases.close_status_lists import close_status_lists
from issuer.use_cases.move_offers import move_offers
from issuer.use_cases.recover_cards import recover_cards
from issuer.vault import Vault
from issuer.workshop import Workshop
from servicekit.institutions import load_institutions
from servicekit.keys import Keys


def recovery(settings: IssuerSettings) -> Recovery:
    keys = Keys(settings.keys_dir, production=settings.is_production)
    workshop = Workshop(load_institutions(settings.institutions_dir), Vault(keys))
    prepare = partial(_prepare, sorted(workshop.institutions), settings.status_list_size)
    return Recovery(handlers(workshop), prepare, _finish)


async def _prepare(
    institutions: Sequence[str], size: int, work: UnitOfWork, told: Sequence[Event], _epoch: int
) -> None:
    """Cards come first: what was asked for them since is applied again after this."""
    await close_status_lists(work, institutions, size)
    await recover_cards(work, _issued(told))


async def _finish(work: UnitOfWork, told: Sequence[Event]) -> None:
    await recover_cards(work, _issued(told))
    await move_offers(work)


def _issued(told: Sequence[Event]) -> list[CardIssued]:
    return [event for event in told if isinstance(event, CardIssued)]
