"""The settings of the verifier: addresses and the list of institutions, and nothing that is secret."""

from typing import ClassVar

from pydantic import Field

from servicekit.settings import ServiceSettings


class VerifierSettings(ServiceSettings):
    """Has the addresses of all services in common with them."""

    signs_people_in: ClassVar[bool] = False

    http_port: int = Field(default=8006, ge=0, le=65535)
    database_url: str = Field(default="", repr=False)  # there is none
