"""What the routes of the wallet service work with. Put together by `app`, and read from nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from cryptography import x509
from fastapi import Depends, Request

from eventing import Works
from servicekit.dpop_rules import DpopRules
from servicekit.keys import KeyRing, Keys, SigningKeys
from servicekit.limits import FixedWindow, RefusedRequests
from wallet.settings import WalletSettings


@dataclass(frozen=True, slots=True)
class WalletKeys:
    """The keys of this service, and the two it shares with the issuer."""

    offer_ids: KeyRing
    activation_checks: KeyRing
    codes: KeyRing
    receipts: KeyRing
    tokens: SigningKeys


def read_keys(keys: Keys) -> WalletKeys:
    return WalletKeys(
        offer_ids=keys.ring("shared/offer-mac"),
        activation_checks=keys.ring("shared/activation-check"),
        codes=keys.ring("wallet/offers"),
        receipts=keys.ring("wallet/receipts"),
        tokens=keys.signing_keys("wallet/token"),
    )


def dpop_rules(settings: WalletSettings, keys: WalletKeys) -> DpopRules:
    """Their nonces are MACs under the key of pre-authorized codes, for another purpose."""
    return DpopRules(
        keys.codes, settings.wallet_public_url, settings.dpop_required, settings.dpop_nonce_required
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """One per process."""

    settings: WalletSettings
    works: Works
    keys: WalletKeys
    refused: RefusedRequests
    good: FixedWindow
    dpop: DpopRules
    attesters: tuple[x509.Certificate, ...]
    issuers: Mapping[str, str]  # the address of each institution's


async def _parts_of(request: Request) -> Parts:  # a plain function would be taken to a thread
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts_of)]
