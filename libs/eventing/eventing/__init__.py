"""Numbered event streams over Kafka and PostgreSQL: outbox, relay, consumer, healing.

A stream is the events of one key in one topic, numbered 1, 2, 3 … without holes. A producer gives the numbers
under a lock; a consumer applies the next one and nothing else.
"""

from eventing.database import Connection
from eventing.handlers import Handler, Handlers, Orphan, Received, ignore
from eventing.outbox import Outbox
from eventing.pipeline import Check, PipelineReport
from eventing.process import Eventing
from eventing.replay import Question
from eventing.restore import Recovery
from eventing.settings import EventingSettings
from eventing.work import Clock, Look, UnitOfWork, Works, system_clock

__all__ = [
    "Check",
    "Clock",
    "Connection",
    "Eventing",
    "EventingSettings",
    "Handler",
    "Handlers",
    "Look",
    "Orphan",
    "Outbox",
    "PipelineReport",
    "Question",
    "Received",
    "Recovery",
    "UnitOfWork",
    "Works",
    "ignore",
    "system_clock",
]
