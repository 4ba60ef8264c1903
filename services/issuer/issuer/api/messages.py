"""Requests and answers of the two credential endpoints, in the clear or encrypted (OpenID4VCI 1.0, 10)."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse, Response

from issuer.encryption import MEDIA_TYPE, AnswerKey, OpenedRequest
from issuer.parts import Parts
from servicekit.accepting import JSON
from servicekit.guarding import check_json
from servicekit.openapi import body_of

_ENCRYPTED = {MEDIA_TYPE: {"schema": {"type": "string", "description": "the same as a JWE"}}}
# For OpenAPI: what an endpoint answers that may defer.
MAYBE_LATER: dict[int | str, dict[str, Any]] = {
    200: {"content": _ENCRYPTED},
    202: {
        "description": "Not yet: ask the deferred credential endpoint",
        "content": {JSON: {"schema": {"type": "object"}}, **_ENCRYPTED},
    },
}


def or_encrypted_body(
    *, required: Mapping[str, str], optional: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """`openapi_extra` of an endpoint that takes its JSON encrypted, too."""
    wish = {"credential_response_encryption": "encrypted requests only: jwk, enc, zip of the answer"}
    described = body_of(kind=JSON, required=required, optional={**(optional or {}), **wish})
    described["requestBody"]["content"] |= _ENCRYPTED
    return described


async def read_message(request: Request, parts: Parts) -> OpenedRequest:
    """To be asked for only once the caller is known: opening costs a key agreement. Raises `OAuthError`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    opened = parts.encryption.open_request(await request.body(), is_encrypted=kind == MEDIA_TYPE)
    check_json(opened.body)
    return opened


def answered(
    answer: Mapping[str, Any], status: int, headers: Mapping[str, str], key: AnswerKey | None
) -> Response:
    if key is None:
        return JSONResponse(answer, status, headers)
    return Response(key.encrypt(answer), status, headers, media_type=MEDIA_TYPE)
