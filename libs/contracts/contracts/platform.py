"""What services tell each other about the streams themselves. Unnumbered: applying one twice is harmless."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from contracts.base import Event, Partition, UtcDatetime


class ReplayRequested(Event):
    """Somebody misses events of one key or of one partition; the owner of the topic sends them again."""

    topic: str
    key: str | None
    partition: Partition | None
    since: UtcDatetime | None
    until: UtcDatetime | None
    reason: str
    by: str

    @model_validator(mode="after")
    def _names_a_key_or_a_partition(self) -> Self:
        if (self.key is None) == (self.partition is None):
            raise ValueError("name either a key or a partition")
        return self


class DigestPublished(Event):
    """What an owner has sent of a partition in a past window, for consumers to compare."""

    topic: str
    topic_id: str
    partition: Partition
    offset: Annotated[int, Field(ge=0)]
    from_: UtcDatetime = Field(alias="from")
    to: UtcDatetime
    streams: Annotated[int, Field(ge=0)]
    digest: str
