"""The key that a phone's tokens are bound to (RFC 9449): a proof with each request, none sent twice."""

import hashlib
import time
import uuid
from collections.abc import Generator

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from devstack.journey.http import to_base64url

TOKEN_TYPE = "DPoP"  # noqa: S105  (a name)


class ClientKey(httpx.Auth):
    """Proves requests, and once more if the server wants a nonce that it has just told."""

    requires_response_body = True

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256")
        self.nonces: dict[str, str] = {}

    def learn(self, answer: httpx.Response) -> None:
        """The nonce that an answer brings is for the next proof to its server."""
        if nonce := answer.headers.get("DPoP-Nonce"):
            self.nonces[answer.url.netloc.decode()] = nonce

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["DPoP"] = self._proof(request)
        answer = yield request
        self.learn(answer)
        if answer.status_code in (400, 401) and b"use_dpop_nonce" in answer.content:
            request.headers["DPoP"] = self._proof(request)
            self.learn((yield request))

    def _proof(self, request: httpx.Request) -> str:
        claims = {
            "jti": str(uuid.uuid4()),
            "htm": request.method,
            "htu": str(request.url),
            "iat": int(time.time()),
        }
        if nonce := self.nonces.get(request.url.netloc.decode()):
            claims["nonce"] = nonce
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == TOKEN_TYPE:
            claims["ath"] = to_base64url(hashlib.sha256(token.encode()).digest())
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}
        return jwt.encode(header, claims, self.key)
