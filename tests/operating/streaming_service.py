"""A process with one endless stream, for tests of what a real server does."""

import gc
import sys
from contextlib import nullcontext

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from servicekit.app import create_app, run
from servicekit.health import Readiness
from servicekit.live import Subscription
from servicekit.settings import ServiceSettings
from servicekit.sse import Entry, event_stream

router = APIRouter()
listening: set[Subscription] = set()


class Listening:
    """A subscription that can be counted."""

    async def __aenter__(self) -> Subscription:
        self.subscription = Subscription()
        listening.add(self.subscription)
        return self.subscription

    async def __aexit__(self, *_error: object) -> None:
        listening.discard(self.subscription)


@router.get("/events")
async def events(request: Request) -> Response:
    async def read(after: int) -> list[Entry]:
        return [Entry(1, "status", {"to": "READY"})] if after == 0 else []

    return event_stream(request, subscription=Listening(), read=read)


@router.get("/listening")
async def count() -> int:
    return len(listening)


@router.get("/spared")
async def spared() -> bool:
    """Whether the collector leaves alone what the start has made."""
    return gc.get_freeze_count() > len(gc.get_objects())


async def ready() -> Readiness:
    return Readiness()


if __name__ == "__main__":
    settings = ServiceSettings(
        environment="development", database_url="postgresql:///unused", http_port=int(sys.argv[1])
    )
    application = create_app(
        service="ordering",
        settings=settings,
        lifespan=lambda _app: nullcontext(),
        routers=[router],
        readiness=ready,
        pipeline=Readiness,
    )
    run(application, settings, service="ordering")
