"""The OpenID provider as a client sees it: discovery, code exchange, ID tokens, introspection, userinfo."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx
import structlog
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from servicekit.remote_keys import KeysUnavailable, RemoteKeys
from servicekit.settings import ServiceSettings
from servicekit.tokens import InvalidToken

log = structlog.get_logger()

# Asymmetric only: with a shared secret every client could make tokens for every other.
ALGORITHMS = ("ES256", "PS256", "RS256")
_LEEWAY = 30
_DISCOVERED_FOR = 3600
_TRY_AGAIN_AFTER = 5


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as agreed: the person can try again later."""


class SignInRefused(Exception):
    """The provider did not vouch for this sign-in; the text is fixed."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the discovery document says."""

    authorization: str
    token: str
    jwks: str
    userinfo: str | None
    introspection: str | None
    end_session: str | None
    client_auth: str


class Provider:
    """One client at one provider. Its public name stays `issuer` wherever it is reached."""

    def __init__(self, settings: ServiceSettings, http: httpx.AsyncClient) -> None:
        self.issuer = settings.oidc_issuer
        self.client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._backchannel = settings.oidc_backchannel_url
        self._cache_dir = settings.cache_dir
        self._http = http
        self._endpoints: Endpoints | None = None
        self._discover_at = float("-inf")
        self._keys: RemoteKeys | None = None
        self._lock = asyncio.Lock()

    async def endpoints(self) -> Endpoints:
        """As discovered within the last hour; an old answer is kept while the provider is away.

        A provider that hangs is asked by one request now and then, not by each in its turn.
        """
        async with self._lock:
            if time.monotonic() > self._discover_at:
                found = await self._discover()
                self._discover_at = time.monotonic() + (_DISCOVERED_FOR if found else _TRY_AGAIN_AFTER)
        if self._endpoints is None:
            raise ProviderUnavailable("the identity provider cannot be reached")
        return self._endpoints

    async def _discover(self) -> bool:
        try:
            document = await self._get(f"{self.issuer}/.well-known/openid-configuration")
            self._endpoints = _endpoints(document, self.issuer)
        except (ProviderUnavailable, KeyError) as error:
            log.warning("provider_not_discovered", reason=str(error))
            return False
        self._keys = self._keys or self._remote_keys(self._endpoints.jwks)
        return True

    def _remote_keys(self, url: str) -> RemoteKeys:
        reached, headers = self._reach(url)
        cache = self._cache_dir / "provider-keys.json" if isinstance(self._cache_dir, Path) else None
        return RemoteKeys(reached, cache, self._http, headers=headers)

    async def verify_signature(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a token that the provider signed; raises InvalidToken."""
        await self.endpoints()
        try:
            if self._keys is not None:
                return await self._keys.verify_signature(token, algorithms=ALGORITHMS)
        except KeysUnavailable:
            pass
        raise ProviderUnavailable("the identity provider has no keys")

    async def authorization_url(
        self, *, redirect_uri: str, state: str, nonce: str, verifier: str, max_age: int | None, locale: str
    ) -> str:
        extras: dict[str, str] = {
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
            "ui_locales": locale,
        }
        if max_age is not None:
            extras["max_age"] = str(max_age)
        endpoint = (await self.endpoints()).authorization
        return str(
            prepare_grant_uri(endpoint, self.client_id, "code", redirect_uri, "openid", state, **extras)
        )

    async def exchange(self, *, code: str, redirect_uri: str, verifier: str) -> Mapping[str, Any]:
        """The token answer; SignInRefused when the code does not count."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        response = await self._post_as_client((await self.endpoints()).token, form)
        if response.status_code in (400, 401):
            raise SignInRefused("the provider refused the code")
        return _document(response)

    async def id_token_claims(
        self, tokens: Mapping[str, Any], *, nonce: str, now: datetime
    ) -> Mapping[str, Any]:
        """Signature, issuer, audience, times, nonce, `azp` and `at_hash` are checked."""
        try:
            header, payload = await self.verify_signature(str(tokens.get("id_token")))
            claims = CodeIDToken(
                payload,
                header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                },
                params={
                    "client_id": self.client_id,
                    "nonce": nonce,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        except (InvalidToken, JoseError, ValueError, TypeError):
            raise SignInRefused("the ID token does not hold") from None
        return payload

    async def userinfo(self, access_token: str) -> Mapping[str, Any] | None:
        """None when the provider does not know the token."""
        endpoint = (await self.endpoints()).userinfo
        if endpoint is None:
            return None
        url, headers = self._reach(endpoint)
        bearer = {"Authorization": f"Bearer {access_token}"}
        response = await self._send(self._http.build_request("GET", url, headers=headers | bearer))
        return None if response.status_code in (400, 401, 403) else _document(response)

    async def introspect(self, token: str) -> Mapping[str, Any]:
        endpoint = (await self.endpoints()).introspection
        if endpoint is None:
            return {"active": False}
        form = {"token": token, "token_type_hint": "access_token"}
        return _document(await self._post_as_client(endpoint, form))

    async def end_session_url(self, *, id_token: str | None, back_to: str) -> str | None:
        """Where the browser signs out at the provider; None when it has no such place."""
        endpoint = (await self.endpoints()).end_session
        if endpoint is None:
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back_to}
        if id_token is not None:
            query["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def _reach(self, url: str) -> tuple[str, dict[str, str]]:
        """The same URL by the back channel, under its public name: providers derive `iss` from it."""
        public, parts = urlsplit(self.issuer), urlsplit(url)
        if self._backchannel is None or (parts.scheme, parts.netloc) != (public.scheme, public.netloc):
            return url, {}
        inside = urlsplit(self._backchannel)
        path = inside.path + parts.path
        return urlunsplit((inside.scheme, inside.netloc, path, parts.query, "")), {"Host": public.netloc}

    async def _get(self, url: str) -> Mapping[str, Any]:
        reached, headers = self._reach(url)
        return _document(await self._send(self._http.build_request("GET", reached, headers=headers)))

    async def _post_as_client(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        reached, headers = self._reach(url)
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        method = (await self.endpoints()).client_auth
        client = ClientAuth(self.client_id, self._secret, method)
        reached, headers, body = client.prepare("POST", reached, headers, urlencode(form))
        return await self._send(self._http.build_request("POST", reached, headers=headers, content=body))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._http.send(request, follow_redirects=False)
        except httpx.HTTPError as error:
            raise ProviderUnavailable(type(error).__name__) from None


def _document(response: httpx.Response) -> Mapping[str, Any]:
    try:
        document = response.json() if response.is_success else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ProviderUnavailable(f"unexpected answer ({response.status_code})")
    return document


def _endpoints(document: Mapping[str, Any], issuer: str) -> Endpoints:
    if str(document.get("issuer", "")).rstrip("/") != issuer:
        raise ProviderUnavailable("the provider calls itself by another issuer: check OIDC_ISSUER")
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Endpoints(
        authorization=document["authorization_endpoint"],
        token=document["token_endpoint"],
        jwks=document["jwks_uri"],
        userinfo=document.get("userinfo_endpoint"),
        introspection=document.get("introspection_endpoint"),
        end_session=document.get("end_session_endpoint"),
        client_auth="client_secret_basic" if "client_secret_basic" in methods else "client_secret_post",
    )
