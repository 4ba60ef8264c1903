"""The watch over the topics of one service: that they exist, which log they are, and where it ends."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from time import monotonic

import structlog

from contracts.catalogue import DEAD_LETTER_TOPICS, REPLAYS, Topic, consumed_by, owned_by
from eventing.log import LogAdmin, LogUnavailableError, TopicState, WrongPartitionsError
from eventing.replay import ask_after_loss
from eventing.settings import EventingSettings
from eventing.work import Works

log = structlog.get_logger()

Place = tuple[str, int]

# A place in a log that must exist: the topic id of the log, and an offset that was seen in it.
Claims = Mapping[Place, tuple[str, int]]

# A new leader may tell an older end for a moment: only what is seen this often is a loss.
SIGHTINGS = 3


def written_by(service: str) -> tuple[Topic, ...]:
    """Every topic that a service writes: its streams, the platform's questions, its dead letters."""
    dead_letters = (topic for topic in DEAD_LETTER_TOPICS if topic.owner == service)
    return (*owned_by(service), REPLAYS, *dead_letters)


def read_by(service: str) -> tuple[Topic, ...]:
    return (*consumed_by(service), REPLAYS)


class TopicWatch:
    """What the broker says of our topics, looked at each second. Makes missing ones when it may."""

    def __init__(
        self,
        *,
        service: str,
        admin: LogAdmin,
        works: Works,
        settings: EventingSettings,
        monotonic_clock: Callable[[], float] = monotonic,
    ) -> None:
        self._service = service
        self._admin = admin
        self._works = works
        self._settings = settings
        self._monotonic = monotonic_clock
        self._topics = {topic.name: topic for topic in (*written_by(service), *read_by(service))}
        self._with_ends = {topic.name for topic in (*owned_by(service), *read_by(service))}
        self._short_sent, self._short_read = _ShortLogs(), _ShortLogs()
        self._seen_at = -float("inf")
        self._told: dict[str, str] = {}
        self.refused: str | None = None
        self.read_so_far: Callable[[], Claims] = dict
        self.cut_off: set[Place] = set()
        self.states: Mapping[str, TopicState] = {}

    def topic_id(self, topic: str) -> str | None:
        state = self.states.get(topic)
        return state.topic_id if state else None

    def age(self) -> float:
        """Seconds since the broker last answered."""
        return self._monotonic() - self._seen_at

    def fresh(self) -> bool:
        """Whether the broker answered a moment ago: what is known of it still counts."""
        return self.age() < 3 + 3 * self._settings.watch_interval

    async def begins(self, topics: Iterable[str]) -> Mapping[str, Mapping[int, int]]:
        """The first offsets that the log still has."""
        return await self._admin.begins(topics)

    async def look(self) -> None:
        """One look. `LogUnavailableError` when the broker does not answer: what was seen before stays."""
        # Taken before looking at the broker: an end that is read later can only be larger.
        acknowledged, read = await self._acknowledged(), self.read_so_far()
        states = await self._describe()
        if missing := self._topics.keys() - states.keys():
            states |= await self._make(missing)
        self.states = states
        self._seen_at = self._monotonic()
        self.cut_off = set(self._short_read.confirmed(read, states))
        await self._tell_losses(self._short_sent.confirmed(acknowledged, states))

    async def _tell_losses(self, lost: Mapping[Place, int]) -> None:
        ids = {name: state.topic_id for name, state in self.states.items()}
        if lost or ids != self._told:
            async with self._works.begin() as work:
                await ask_after_loss(work, self._service, self.states, lost)
            self._told = ids

    async def _describe(self) -> dict[str, TopicState]:
        try:
            states = await self._admin.describe(self._topics, ends_of=self._with_ends)
        except WrongPartitionsError as error:
            self.refused = str(error)
            raise
        self.refused = None
        return states

    async def _make(self, missing: set[str]) -> dict[str, TopicState]:
        if not self._settings.create_topics:
            raise LogUnavailableError(f"topics are missing: {', '.join(sorted(missing))}")
        log.info("topics_created", topics=len(missing))
        await self._admin.create(self._topics[name] for name in sorted(missing))
        return await self._admin.describe(missing, ends_of=self._with_ends)

    async def _acknowledged(self) -> Claims:
        rows = await self._works.pool.fetch("select * from lanes where acknowledged_offset >= 0")
        return {
            (row["topic"], row["partition"]): (row["acknowledged_topic_id"], row["acknowledged_offset"])
            for row in rows
        }


class _ShortLogs:
    """Finds logs that end before a place which was seen in them, again and again."""

    def __init__(self) -> None:
        self._sightings: Counter[Place] = Counter()

    def confirmed(self, claims: Claims, states: Mapping[str, TopicState]) -> dict[Place, int]:
        short = {
            place: offset
            for place, (topic_id, offset) in claims.items()
            if (state := states.get(place[0]))
            and state.topic_id == topic_id
            and state.ends.get(place[1], offset + 1) <= offset
        }
        self._sightings = Counter({place: self._sightings[place] + 1 for place in short})
        return {place: offset for place, offset in short.items() if self._sightings[place] >= SIGHTINGS}
