"""What anybody may read: metadata, keys, the card's type, and status lists."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from issuer.metadata import issuer_keys, issuer_metadata, signed_issuer_metadata, type_metadata
from issuer.parts import TheParts, TheTenant
from issuer.published_lists import PublishedList
from issuer.status_list import MEDIA_TYPE
from servicekit.refusals import NotFound

router = APIRouter(tags=["public"])

_ONE_HOUR = "public, max-age=3600"
_A_MOMENT = "public, max-age=5"
_JWT = "application/jwt"


@router.get(
    "/.well-known/openid-credential-issuer/t/{institution_id}",
    summary="Credential issuer metadata (OpenID4VCI)",
    response_model=dict[str, Any],
)
async def credential_issuer(request: Request, tenant: TheTenant, parts: TheParts) -> Response:
    """As JSON, or signed for those who accept `application/jwt` and no JSON."""
    headers = {"Cache-Control": _ONE_HOUR, "Vary": "Accept"}
    if _wants_signed(request.headers.get("accept", "")):
        token = signed_issuer_metadata(tenant, parts.encryption, parts.works.clock())
        return Response(token, media_type=_JWT, headers=headers)
    return JSONResponse(issuer_metadata(tenant, parts.encryption), headers=headers)


def _wants_signed(accept: str) -> bool:
    return _JWT in accept and "application/json" not in accept


@router.get("/.well-known/jwt-vc-issuer/t/{institution_id}", summary="The keys that sign cards (SD-JWT VC)")
async def jwt_vc_issuer(tenant: TheTenant, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = _ONE_HOUR
    return issuer_keys(tenant)


@router.get("/t/{institution_id}/vct/legitymacja-studencka/1", summary="What the claims of a card mean")
async def card_type(tenant: TheTenant, response: Response) -> dict[str, Any]:
    response.headers["Cache-Control"] = _ONE_HOUR
    return type_metadata(tenant)


@router.get("/t/{institution_id}/status-lists", summary="The addresses of all status lists")
async def status_lists(tenant: TheTenant, parts: TheParts, response: Response) -> dict[str, list[str]]:
    numbers = await parts.lists.numbers(tenant)
    response.headers["Cache-Control"] = _A_MOMENT
    return {"status_lists": [tenant.status_list_url(number) for number in numbers]}


@router.get(
    "/t/{institution_id}/status-lists/{number}", response_class=Response, summary="A signed status list"
)
async def one_status_list(request: Request, tenant: TheTenant, number: int, parts: TheParts) -> Response:
    if "time" in request.query_params:
        raise HTTPException(501)
    published = await parts.lists.get(tenant, number) if 0 < number < 2**31 else None
    if published is None:
        raise NotFound
    return _answer(request, published)


def _answer(request: Request, published: PublishedList) -> Response:
    headers = {"ETag": published.etag, "Cache-Control": _A_MOMENT, "Vary": "Accept-Encoding"}
    if published.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(published.token, media_type=MEDIA_TYPE, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(published.gzipped, media_type=MEDIA_TYPE, headers=headers)


@router.get("/internal/jwks", summary="The keys of service tokens")
async def service_keys(parts: TheParts, response: Response) -> dict[str, Any]:
    """The keys of the tokens by which the issuer asks ordering for photos."""
    response.headers["Cache-Control"] = _A_MOMENT
    return parts.service_keys.public_jwks()
