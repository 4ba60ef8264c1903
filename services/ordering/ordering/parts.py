"""What the routes of ordering work with. Put together by `app`, and read from nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from eventing import Works
from ordering.promise import Promise
from ordering.sealing import Sealers
from ordering.searching import SearchLimits
from ordering.settings import OrderingSettings
from servicekit.institutions import Institution
from servicekit.keys import SigningKeys
from servicekit.limits import FixedWindow
from servicekit.live import ChangeFeed
from servicekit.remote_keys import RemoteKeys

AN_HOUR = timedelta(hours=1)
VAIN_TRIES, UNFREEZINGS = 20, 10  # by a person, of a card


@dataclass(frozen=True, slots=True)
class Parts:
    """One per process."""

    settings: OrderingSettings
    works: Works
    institutions: Mapping[str, Institution]
    sealers: Sealers
    tokens: SigningKeys
    issuer_keys: RemoteKeys
    changes: ChangeFeed[UUID]
    promise: Promise = field(default_factory=Promise)
    searches: SearchLimits = field(default_factory=SearchLimits)
    unfreezings: FixedWindow = field(default_factory=lambda: FixedWindow(UNFREEZINGS, AN_HOUR))
    vain_tries: FixedWindow = field(default_factory=lambda: FixedWindow(VAIN_TRIES, AN_HOUR))


async def _parts_of(request: Request) -> Parts:  # a plain function would be taken to a thread
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts_of)]
