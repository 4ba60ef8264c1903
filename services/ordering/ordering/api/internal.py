"""For other services only: our public keys, and the photo of an order by its digest."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Response

from ordering import store
from ordering.parts import Parts, TheParts
from ordering.problems import ServiceTokenRefused
from servicekit.bearer import bearer_token
from servicekit.refusals import NotFound, TemporarilyUnavailable
from servicekit.remote_keys import KeysUnavailable
from servicekit.tokens import InvalidToken

router = APIRouter(prefix="/internal", tags=["internal"])

Authorization = Annotated[str, Header(max_length=8192)]


@router.get("/jwks", summary="The keys of tokens for the notifier")
async def jwks(parts: TheParts, response: Response) -> dict[str, Any]:
    """The keys that sign our tokens for the notifier."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return dict(parts.tokens.public_jwks())


@router.get("/photos/{sha256}", response_class=Response, summary="A photo by its digest")
async def photo(sha256: str, parts: TheParts, authorization: Authorization = "") -> Response:
    """For the issuer, with a token that names this digest and the order that the photo was sent with."""
    order_id = await _order_of_token(parts, authorization, sha256)
    async with parts.works.pool.acquire() as connection:
        jpeg = await store.orders.photo(connection, order_id, sha256)
    if jpeg is None:
        raise NotFound
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def _order_of_token(parts: Parts, authorization: str, sha256: str) -> UUID:
    token = bearer_token(authorization)
    if not token:
        raise ServiceTokenRefused
    try:
        claims = await parts.issuer_keys.verify(
            token,
            typ="service+jwt",
            issuer=parts.settings.issuer_public_url,
            audience=parts.settings.ordering_public_url,
            now=parts.works.clock(),
        )
        if claims.get("sha256") != sha256:
            raise ServiceTokenRefused
        return UUID(str(claims.get("order_id")))
    except (InvalidToken, ValueError):
        raise ServiceTokenRefused from None
    except KeysUnavailable:
        raise TemporarilyUnavailable from None
