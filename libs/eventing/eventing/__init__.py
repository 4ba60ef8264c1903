"""Numbered event streams over Kafka and PostgreSQL: outbox, relay, consumer, healing."""
