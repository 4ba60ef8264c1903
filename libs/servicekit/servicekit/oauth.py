"""Errors in the format of OAuth 2.0 and OpenID4VCI, for the endpoints that wallets call."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse


class OAuthError(Exception):
    """`error` is the registered code; `description` is ASCII (RFC 6749, 5.2) and names no person.

    `extras` become members of the answer, for clients that know them.
    """

    def __init__(
        self,
        error: str,
        description: str | None = None,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})
        self.extras = dict(extras or {})


def oauth_response(_request: Request, error: OAuthError) -> JSONResponse:
    body = {**error.extras, "error": error.error}
    if error.description:
        body["error_description"] = error.description
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return JSONResponse(body, error.status, headers | error.headers)
