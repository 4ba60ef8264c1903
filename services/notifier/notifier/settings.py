"""The settings of the notifier, read once at start."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from eventing.settings import UnhurriedSettings
from servicekit.settings import ServiceSettings


class NotifierSettings(ServiceSettings):
    """What all services have, and how mail and pushes leave. No senders keep all of them in the database."""

    signs_people_in = False

    http_port: int = Field(default=8003, ge=0, le=65535)
    kafka: UnhurriedSettings = Field(default_factory=UnhurriedSettings)

    # Where ordering is reached inside, if its public address is not reachable from here.
    ordering_internal_url: str | None = None

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=8026, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_timeout: float = Field(default=15, gt=0)

    mail_from: str = Field(default="legitka@legitka.example", pattern=r"^[^\s@<>]+@[^\s@<>]+$")
    mail_senders: int = Field(default=4, ge=0, le=64)
    mail_attempts: int = Field(default=12, ge=1)
    mail_lease: float = Field(default=30, gt=0)
    mail_poll: float = Field(default=2, gt=0)

    push_contact: str | None = Field(default=None, pattern=r"^(mailto:[^\s@<>]+@[^\s@<>]+|https://\S+)$")
    push_senders: int = Field(default=4, ge=0, le=64)
    push_timeout: float = Field(default=10, gt=0)
    push_attempts: int = Field(default=8, ge=1)
    push_lease: float = Field(default=30, gt=0)
    push_poll: float = Field(default=5, gt=0)

    reminder_poll: float = Field(default=30, gt=0)

    @model_validator(mode="after")
    def _leases_outlast_sending(self) -> Self:
        if self.mail_lease <= self.smtp_timeout:
            raise ValueError("MAIL_LEASE must be longer than SMTP_TIMEOUT, or one letter is sent by two")
        if self.push_lease <= self.push_timeout:
            raise ValueError("PUSH_LEASE must be longer than PUSH_TIMEOUT, or one push is sent by two")
        return self

    @model_validator(mode="after")
    def _mail_is_private_in_production(self) -> Self:
        if self.is_production and self.smtp_security == "none":
            raise ValueError("SMTP_SECURITY must be starttls or tls (or set ENVIRONMENT=development)")
        return self

    @property
    def asks_push_services_on_loopback(self) -> bool:
        """Tests have one there. In production nothing inside is reached by what somebody subscribed with."""
        return not self.is_production
