"""Facts about activations, told by the wallet service."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import DeviceLabel, Generation, StreamEvent

Attempts = Annotated[int, Field(ge=0)]


class ActivationAccepted(StreamEvent):
    """The right code was given. Only the card that follows makes the order activated."""

    generation: Generation
    activation_id: UUID
    attempts_used: Attempts
    device_label: DeviceLabel
    terms_version: str | None


class ActivationFailed(StreamEvent):
    """A wrong code was given."""

    generation: Generation
    attempts_left: Attempts


class ActivationLocked(StreamEvent):
    """Too many wrong codes were given. Only a new code opens the order again."""

    generation: Generation
    attempts_left: Attempts
