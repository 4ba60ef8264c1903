"""What the routes of the notifier work with. Put together by `app`, and read from nowhere else."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from eventing import Works
from notifier.domain import Recipient
from notifier.links import Portal
from notifier.settings import NotifierSettings
from notifier.subscriptions import Subscriptions
from servicekit.keys import SigningKeys
from servicekit.live import ChangeFeed
from servicekit.remote_keys import RemoteKeys


@dataclass(frozen=True, slots=True)
class Parts:
    """One per process."""

    settings: NotifierSettings
    works: Works
    feed: ChangeFeed[Recipient]
    portal: Portal
    portal_keys: RemoteKeys
    subscriptions: Subscriptions
    push_keys: SigningKeys


async def _parts_of(request: Request) -> Parts:  # a plain function would be taken to a thread
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts_of)]
