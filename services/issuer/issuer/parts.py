"""What the routes of the issuer work with. Put together by `app`, and read from nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from eventing import Works
from issuer.access import AccessTokens
from issuer.encryption import Encryption
from issuer.photos import Photos
from issuer.published_lists import PublishedLists
from issuer.tenants import Tenant
from issuer.vault import Vault
from servicekit.dpop_rules import DpopRules
from servicekit.keys import KeyRing, SigningKeys
from servicekit.limits import FixedWindow, RefusedRequests
from servicekit.refusals import NotFound


@dataclass(frozen=True, slots=True)
class Parts:
    """One per process."""

    works: Works
    tenants: Mapping[str, Tenant]
    vault: Vault
    nonces: KeyRing
    dpop: DpopRules
    encryption: Encryption
    service_keys: SigningKeys
    access: AccessTokens
    photos: Photos
    lists: PublishedLists
    refused: RefusedRequests
    good: FixedWindow
    trusted_proxies: tuple[str, ...]


async def _parts_of(request: Request) -> Parts:  # a plain function would be taken to a thread
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts_of)]


async def _tenant_of(institution_id: str, parts: TheParts) -> Tenant:
    tenant = parts.tenants.get(institution_id)
    if tenant is None:
        raise NotFound
    return tenant


TheTenant = Annotated[Tenant, Depends(_tenant_of)]
