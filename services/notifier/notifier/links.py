"""The pages of the portal that alerts lead to. A link never acts by itself: the page behind it asks first."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Portal:
    """Addresses below the portal's public one."""

    url: str

    def order(self, order_id: UUID) -> str:
        return f"{self.url}/orders/{order_id}"

    def freeze(self, credential_id: str) -> str:
        return f"{self.url}/cards/{credential_id}/freeze"

    def consents(self) -> str:
        return f"{self.url}/consents"
