"""How a service reaches the broker, and the policy numbers of relay and consumer."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EventingSettings(BaseModel):
    """Read once at start; times are seconds unless the name says milliseconds."""

    model_config = ConfigDict(frozen=True)

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_username: str | None = None
    sasl_password: str | None = Field(default=None, repr=False)
    ca_file: str | None = None
    # Only where nobody else does, as in development. An empty one with other partitions is replaced there.
    create_topics: bool = False
    replication_factor: int = 1

    # The embedded broker tells as the end of a log the place after the first record of its last batch. There
    # the last record goes in a batch of its own, or every longer batch would look like a log that was cut.
    broker_tells_exact_ends: bool = True

    # A broker that does not wake a waiting fetch (the embedded one) is asked often while anything moves.
    fetch_max_wait_ms: int = 500
    idle_fetch_max_wait_ms: int = 500
    awake_for: float = 10
    session_timeout_ms: int = 6_000
    batch_records: int = 1_000

    relay_lanes: int = 64
    relay_batch: int = 500
    relay_round: float = 10
    relay_poll: float = 1.0
    # After each round of relay or consumer that moved something: what comes meanwhile goes together.
    coalesce: float = 0.015

    retry_first: float = 1
    retry_longest: float = 300
    attempts: int = 8
    failures_in_a_row: int = 50
    gap_patience: float = 30
    ask_first: float = 30
    ask_longest: float = 600
    watch_interval: float = 1
    stalled_after: float = 15
    wedged_after: float = 120

    @property
    def metadata_max_age_ms(self) -> int:
        """How old the clients' knowledge of leaders may grow; an error makes them ask at once."""
        return round(5_000 * self.watch_interval)


class UnhurriedSettings(EventingSettings):
    """For a service whose answer nobody watches for: a burst is taken in fewer, larger batches."""

    coalesce: float = 0.1
