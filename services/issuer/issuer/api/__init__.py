"""The routes of the issuer: what anybody may read, and what a wallet does with an access token."""

from issuer.api.issuing import router as issuing
from issuer.api.reading import router as reading

routers = (reading, issuing)

__all__ = ["routers"]
