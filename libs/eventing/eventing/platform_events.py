"""What a service does with the questions and digests on the platform's own topic."""

import structlog

from contracts.catalogue import topic_named
from contracts.platform import DigestPublished, ReplayRequested
from eventing import metrics
from eventing.codec import Envelope, Unreadable
from eventing.reconciliation import keep_digest
from eventing.replay import mark_key, note_partition
from eventing.work import UnitOfWork

log = structlog.get_logger()


async def on_platform_event(work: UnitOfWork, service: str, envelope: Envelope) -> None:
    """Act on a question for a topic of ours, or keep a digest of a topic that we read. Twice is harmless."""
    try:
        event = envelope.event
    except Unreadable as error:
        log.warning("platform_event_unreadable", reason=str(error))
        return
    if isinstance(event, ReplayRequested) and _owns(service, event.topic):
        log.info("replay_begins", topic=event.topic, reason=event.reason, by=event.by)
        if event.key is None:
            await note_partition(work.connection, event)
        else:
            metrics.RESENT.labels(event.topic).inc(await mark_key(work.connection, event))
    elif isinstance(event, DigestPublished) and _reads(service, event.topic):
        await keep_digest(work.connection, event)


def _owns(service: str, topic: str) -> bool:
    known = topic_named(topic)
    return known is not None and known.numbered and known.owner == service


def _reads(service: str, topic: str) -> bool:
    known = topic_named(topic)
    return known is not None and known.numbered and service in known.consumers
