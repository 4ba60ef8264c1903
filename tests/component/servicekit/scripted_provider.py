"""An OpenID provider that does what a test tells it to, and checks what a provider would check."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

ISSUER = "http://localhost:8005"
KEY = RSAKey.generate_key(2048)  # one for all tests: making it takes long
Claims = dict[str, Any]


class ScriptedProvider:
    """People are signed in by `visit`; `clock` gives the time that tokens carry."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.key: RSAKey | ECKey = KEY
        self.algorithm = "RS256"
        self.person: Claims = {"sub": "zofia", "institution": "umcs"}
        self.change_id_token: Callable[[Claims], Claims] = lambda claims: claims
        self.userinfo: dict[str, Claims] = {}
        self.introspection: dict[str, Claims] = {}
        self.discovery: Claims = {}
        self.away = False
        self.refused = 0
        self.hosts: set[str] = set()
        self.asked: list[str] = []
        self.signed: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def visit(self, url: str) -> str:
        """The person signs in at the authorization endpoint; gives where the browser is sent back to."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        assert "openid" in query["scope"].split()
        code = f"code-{len(self._codes)}"
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            self.refused += 1
            raise httpx.ConnectError("refused")
        self.hosts.add(request.headers["host"])
        path = request.url.path
        self.asked.append(path)
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        match path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self._configuration())
            case "/jwks":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/token":
                return self._token(request, form)
            case "/userinfo":
                return _found(self.userinfo.get(request.headers["authorization"].removeprefix("Bearer ")))
            case "/introspect":
                assert _is_our_client(request)
                return httpx.Response(200, json=self.introspection.get(form["token"], {"active": False}))
        return httpx.Response(404)

    def _configuration(self) -> Claims:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        names |= {"userinfo_endpoint": "userinfo", "end_session_endpoint": "logout"}
        document = {name: f"{ISSUER}/{path}" for name, path in names.items()} | {"issuer": ISSUER}
        return {name: value for name, value in (document | self.discovery).items() if value is not None}

    def _token(self, request: httpx.Request, form: dict[str, str]) -> httpx.Response:
        query = self._codes.pop(form["code"], None)
        if query is None or not _is_our_client(request) or form["redirect_uri"] != query["redirect_uri"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == query["code_challenge"]
        claims = self.change_id_token(self._id_claims(query))
        return httpx.Response(200, json={"access_token": "opaque", "id_token": self.sign(claims)})

    def _id_claims(self, query: dict[str, str]) -> Claims:
        now = int(self.clock().timestamp())
        asked_age = {"auth_time": now} if "max_age" in query else {}
        times = {"iat": now, "exp": now + 300, **asked_age}
        return {"iss": ISSUER, "aud": query["client_id"], "nonce": query["nonce"], **times, **self.person}

    def sign(self, claims: Claims, typ: str = "JWT") -> str:
        header = {"alg": self.algorithm, "typ": typ, "kid": self.key.thumbprint()}
        key = type(self.key).import_key({**self.key.as_dict(private=True), "kid": self.key.thumbprint()})
        self.key = key
        self.signed.append(jwt.encode(header, claims, key, algorithms=[self.algorithm]))
        return self.signed[-1]


def _is_our_client(request: httpx.Request) -> bool:
    expected = base64.b64encode(b"legitka:development").decode()
    return bool(request.headers.get("authorization") == f"Basic {expected}")


def _found(claims: Claims | None) -> httpx.Response:
    return httpx.Response(401) if claims is None else httpx.Response(200, content=json.dumps(claims))
