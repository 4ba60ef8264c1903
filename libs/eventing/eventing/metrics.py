"""Every metric of the event streams, by its name. The labels are topics, groups and outcomes, never keys."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS_SENT = Counter("eventing_sent_events_total", "Events that the broker acknowledged", ["topic"])
RECORDS = Counter("eventing_records_total", "Records by what became of them", ["topic", "outcome"])
BATCH_SECONDS = Histogram("eventing_batch_seconds", "One batch, one transaction", ["service"])
DEADLOCKS = Counter("eventing_deadlocks_total", "Batches that were retried after a deadlock", ["service"])
ASKS = Counter("eventing_asks_total", "Replays asked for", ["topic", "reason"])
RESENT = Counter("eventing_resent_events_total", "Events marked for sending again", ["topic"])
UNSENT_SECONDS = Gauge("eventing_outbox_oldest_seconds", "Age of the oldest unsent event", ["service"])
UNSENT = Gauge("eventing_outbox_events", "Events that wait to be sent", ["service"])
LAG = Gauge("eventing_lag_records", "Records that are in the log and not yet read", ["topic", "partition"])
WAITING = Gauge("eventing_waiting_records", "Records that wait for an earlier one or a retry", ["service"])
DEAD = Gauge("eventing_dead_letters", "Records that hold their key until an operator acts", ["service"])
