"""The settings of ordering, read once."""

from pydantic import Field

from servicekit.settings import ServiceSettings


class OrderingSettings(ServiceSettings):
    """Beyond what all services have: how often the clock is asked, and where a peer is reached inside."""

    http_port: int = Field(default=8001, ge=0, le=65535)
    # Seconds between two looks for orders to expire, and for questions that the issuer has not answered.
    expiry_interval: float = Field(default=60, gt=0)
    reminder_interval: float = Field(default=1, gt=0)
    # Seconds between two looks for an extension of many cards that was started.
    extension_interval: float = Field(default=1, gt=0)
    # Seconds between two looks for what is kept no longer.
    forgetting_interval: float = Field(default=3600, gt=0)
    # Where the issuer is reached inside, if its public address is not reachable from here.
    issuer_internal_url: str | None = None
