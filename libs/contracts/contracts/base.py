"""What every event has, and the words that events of several services share. Knows no single event."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("no calendar has this time in UTC") from None


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_in_utc)]

# Its fields say `repr=False` too: what is sealed or keyed is not printed with the event.
Sealed = Annotated[str, Field(min_length=1)]

# A word for machines. Free text could tell something about a person, so no event about an order has any.
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="word")]

Generation = Annotated[int, Field(ge=1)]
Partition = Annotated[int, Field(ge=0, lt=16)]

Party = Literal["holder", "office", "system"]
DeviceLabel = Literal["iphone", "android", "computer", "other"]


class Event(BaseModel):
    """A fact that has happened. A field that may be absent says so by its type, and is given as None then."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    event_id: UUID
    occurred_at: UtcDatetime


class StreamEvent(Event):
    """A fact about one order: it gets a number in the stream of its order and topic."""

    institution_id: str
    order_id: UUID
