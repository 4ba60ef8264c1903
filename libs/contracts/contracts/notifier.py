"""Facts about alerts, told by the notifier."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Code, StreamEvent

AlertChannel = Literal["inbox", "email", "push"]
Attempt = Annotated[int, Field(ge=1)]


class AlertDelivered(StreamEvent):
    """An alert has reached its channel."""

    alert_id: UUID
    kind: Code
    channel: AlertChannel
    attempt: Attempt
    reason: Code | None


class AlertFailed(StreamEvent):
    """An alert could not be delivered. The reason is a word, never the answer of a mail server."""

    alert_id: UUID
    kind: Code
    channel: AlertChannel
    attempt: Attempt
    reason: Code | None
