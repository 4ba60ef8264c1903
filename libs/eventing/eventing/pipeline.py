"""What an operator is told about the event streams of a process: each check with its reason and its cure."""

from collections.abc import Mapping
from dataclasses import dataclass

from eventing import metrics
from eventing.settings import EventingSettings
from eventing.work import Works

SILENCE = 10  # seconds without an answer until an operator is told


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be right or wrong; the cure says what to do when it is wrong."""

    ok: bool
    reason: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """All checks together."""

    checks: dict[str, Check]

    @property
    def healthy(self) -> bool:
        return all(check.ok for check in self.checks.values())


@dataclass(frozen=True, slots=True)
class Backlog:
    """What lies in the tables, measured every few seconds."""

    unsent: int = 0
    oldest_seconds: float = 0
    failing_lanes: int = 0
    waiting: int = 0
    dead: int = 0


async def measure(works: Works, service: str) -> Backlog:
    row = await works.pool.fetchrow(
        """
        select
            (select count(*) from events where "offset" is null) as unsent,
            (select min(occurred_at) from events where "offset" is null and not resend) as oldest,
            (select count(*) from lanes where failures > 0) as failing,
            (select count(*) from waiting where dead_at is null) as waiting,
            (select count(*) from waiting where dead_at is not null) as dead
        """
    )
    if row is None:
        return Backlog()
    age = max(0.0, (works.clock() - row["oldest"]).total_seconds()) if row["oldest"] else 0.0
    metrics.UNSENT.labels(service).set(row["unsent"])
    metrics.UNSENT_SECONDS.labels(service).set(age)
    metrics.WAITING.labels(service).set(row["waiting"])
    metrics.DEAD.labels(service).set(row["dead"])
    return Backlog(row["unsent"], age, row["failing"], row["waiting"], row["dead"])


def tell_lags(lags: Mapping[tuple[str, int], int]) -> None:
    """Of the partitions that this process reads now; those that it has given away are another's to tell."""
    metrics.LAG.clear()
    for (topic, partition), lag in lags.items():
        metrics.LAG.labels(topic, partition).set(lag)


def database_check(silent_for: float) -> Check:
    if silent_for < SILENCE:
        return Check(True, "PostgreSQL answers")
    return Check(
        False,
        f"PostgreSQL has been silent for {silent_for:.0f} s",
        "ask /health/ready why: without it nothing is sent or applied",
    )


def broker_check(silent_for: float, refused: str | None, database: Check) -> Check:
    """The broker is looked at between two questions to the database: one that is away hides the other."""
    if not database.ok:
        return Check(True, "not looked at while PostgreSQL is silent")
    if refused:
        return Check(False, refused, "make the topic anew with the number of partitions in the catalogue")
    if silent_for < SILENCE:
        return Check(True, "the broker answers")
    return Check(
        False, f"the broker has been silent for {silent_for:.0f} s", "start Kafka or mend the network to it"
    )


def outbox_check(backlog: Backlog) -> Check:
    if backlog.oldest_seconds < 60:
        return Check(True, f"{backlog.unsent} events wait to be sent")
    return Check(
        False,
        f"the oldest of {backlog.unsent} unsent events is {backlog.oldest_seconds:.0f} s old",
        "look for lane_failed in the log of this service: it names the topic and the error",
    )


def dead_letter_check(backlog: Backlog) -> Check:
    """Dead letters hold their own key only: they are told, and do not make the process unhealthy."""
    if not backlog.dead:
        return Check(True, "no dead letters")
    return Check(
        True,
        f"{backlog.dead} dead letters hold their keys",
        "python -m <service> dead-letters list, and docs/dead-letters.md",
    )


def consumer_check(
    *, stopped_because: str | None, ready: bool, idle_for: float, lag: int, settings: EventingSettings
) -> Check:
    if stopped_because:
        return Check(
            False, f"the consumer stopped: {stopped_because}", "mend the cause, then start the service anew"
        )
    if not ready:
        return Check(
            False, "the consumer has no partitions yet", "wait; if it lasts, look at the group in Kafka"
        )
    if idle_for > settings.wedged_after / 2:
        return Check(
            False,
            f"the consumer has not polled for {idle_for:.0f} s",
            "the process ends itself and is started anew",
        )
    return Check(True, f"{lag} records behind")
