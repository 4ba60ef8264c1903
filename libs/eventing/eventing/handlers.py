"""What a service registers: one handler per event type that it reads."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from contracts.base import Event
from contracts.catalogue import consumed_by
from eventing.work import UnitOfWork

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """An event in its stream. `number`: larger is later, for comparing only: restores leave holes in it.

    `ahead`: it is applied before its turn, and will be met again in its turn.
    """

    event: E
    number: int
    ahead: bool = False


class Orphan(Exception):
    """Raised by a handler: nobody here knows what the event is about, which only a restore explains."""


# Set-based: one call gets at most one event per key. Raising undoes it; the events are then tried alone.
Handler = Callable[[UnitOfWork, list[Received[Any]]], Awaitable[None]]
Handlers = Mapping[type[Event], Handler]


async def ignore(work: UnitOfWork, received: list[Received[Any]]) -> None:
    """For event types without interest: the stream moves on."""


def check_handlers(service: str, handlers: Handlers) -> None:
    """Refuse to start when a consumed event type has no handler, or a handler no event."""
    expected = {event for topic in consumed_by(service) for event in topic.events}
    if missing := expected ^ set(handlers):
        names = ", ".join(sorted(event.__name__ for event in missing))
        raise LookupError(f"{service}: handlers and catalogue differ in {names}")
