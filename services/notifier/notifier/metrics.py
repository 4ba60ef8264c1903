"""What the notifier counts. No label has a value that tells of a person or an order."""

from prometheus_client import Counter, Histogram

SENDINGS = Counter("notifier_sendings_total", "Attempts to send an alert", ["channel", "result"])
SENDING_SECONDS = Histogram("notifier_sending_seconds", "How long an attempt took", ["channel"])
