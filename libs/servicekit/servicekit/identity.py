"""The sign-in of one service: the OpenID Connect flow, its sessions, and who sends a request (protocol 8)."""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from servicekit.bearer import BearerTokens, bearer_token, moment
from servicekit.database import Pool
from servicekit.keys import KeyRing
from servicekit.problems import language_of
from servicekit.provider import Provider, ProviderUnavailable, SignInRefused
from servicekit.refusals import ForeignRequest, NotSignedIn
from servicekit.sessions import (
    Session,
    delete_session,
    find_session,
    insert_session,
    open_id_token,
    seal_id_token,
    session_hash,
)
from servicekit.settings import ServiceSettings
from servicekit.signin_flow import FLOW_LASTS, Flow, new_flow, open_flow, own_path, seal_flow
from servicekit.tokens import InvalidToken

SubjectOf = Callable[[str, str], str]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking. `session` is None for a bearer token; `expires_at` bounds streams."""

    institution_id: str
    subject: str
    signed_in_at: datetime | None
    expires_at: datetime
    session: Session | None = None


class SignIn:
    """Sign-in of one service at `public_url`.

    `subject_of(institution_id, subject)` replaces the subject wherever this service keeps or shows it (the
    wallet's keyed hash); then no ID token is kept either. `institutions` are those that may sign in.
    """

    def __init__(
        self,
        *,
        service: str,
        public_url: str,
        settings: ServiceSettings,
        pool: Pool,
        ring: KeyRing,
        http: httpx.AsyncClient,
        clock: Callable[[], datetime],
        institutions: Collection[str],
        lasts: timedelta = timedelta(hours=8),
        subject_of: SubjectOf | None = None,
    ) -> None:
        self.public_url = public_url
        self.provider = Provider(settings, http)
        self.secure = public_url.startswith("https://")
        self.cookie = f"{'__Host-' if self.secure else ''}legitka-{service}"
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(public_url))
        self._pool = pool
        self._ring = ring
        self._clock = clock
        self._institutions = institutions
        self._lasts = lasts
        self._subject_of = subject_of
        self._is_development = not settings.is_production
        self._bearer = BearerTokens(
            self.provider,
            audience=public_url,
            scope=settings.oidc_api_scope,
            userinfo_counts=self._is_development,
            clock=clock,
        )

    async def person(self, request: Request) -> Person | None:
        """By `Authorization: Bearer` if there is one, else by the session cookie; None for nobody.

        Raises ForeignRequest for an unsafe request with a session that another site may have sent.
        """
        token = bearer_token(request.headers.get("authorization"))
        if token is not None:
            return await self._person_of_token(token)
        cookie = request.cookies.get(self.cookie)
        return None if cookie is None else await self._person_of_cookie(request, cookie)

    async def _person_of_token(self, token: str) -> Person:
        try:
            claims = await self._bearer.claims(token)
            subject = self._known(claims.institution_id, claims.subject)
        except (InvalidToken, SignInRefused):
            raise NotSignedIn(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
        return Person(claims.institution_id, subject, claims.signed_in_at, claims.expires_at)

    async def _person_of_cookie(self, request: Request, cookie: str) -> Person | None:
        async with self._pool.acquire() as connection:
            session = await find_session(connection, session_hash(cookie), self._clock())
        if session is None:
            return None
        self.require_own_origin(request)
        return Person(
            session.institution_id, session.subject, session.signed_in_at, session.expires_at, session
        )

    def require_own_origin(self, request: Request) -> None:
        """Unsafe requests must come from a page of this very origin; browsers cannot be made to lie here."""
        if request.method in _SAFE_METHODS or request.headers.get("sec-fetch-site") == "same-origin":
            return
        if request.headers.get("origin") != self._origin:
            raise ForeignRequest(self._origin)

    async def still_signed_in(self, person: Person) -> bool:
        """For open streams: whether the session has been ended meanwhile."""
        now = self._clock()
        if person.session is None:
            return now < person.expires_at
        async with self._pool.acquire() as connection:
            return await find_session(connection, person.session.id_hash, now) is not None

    async def begin(self, request: Request, *, callback: str) -> Response:
        """To the provider; `next` and `max_age` of the query come back with the person."""
        max_age = request.query_params.get("max_age", "")
        flow = new_flow(
            own_path(request.query_params.get("next")),
            int(max_age) if max_age.isascii() and max_age.isdigit() and len(max_age) < 7 else None,
            self._clock(),
        )
        url = await self.provider.authorization_url(
            redirect_uri=f"{self.public_url}{callback}",
            state=flow.state,
            nonce=flow.nonce,
            verifier=flow.verifier,
            max_age=flow.max_age,
            locale=language_of(request),
        )
        response = RedirectResponse(url, 303)
        self._set_cookie(response, self._flow_cookie(flow.state), seal_flow(self._ring, flow), FLOW_LASTS)
        return response

    async def finish(self, request: Request, *, callback: str) -> Response:
        """Back from the provider: a new session, whatever session there was; raises SignInRefused."""
        now, state = self._clock(), request.query_params.get("state", "")
        flow = open_flow(self._ring, request.cookies.get(self._flow_cookie(state), ""), now)
        if flow is None or not secrets.compare_digest(flow.state.encode(), state.encode()):
            raise SignInRefused("this sign-in was not begun here, or too long ago")
        code = request.query_params.get("code")
        if not code:
            raise SignInRefused("the person or the provider said no")
        tokens = await self.provider.exchange(
            code=code,
            redirect_uri=f"{self.public_url}{callback}",
            verifier=flow.verifier,
        )
        session, cookie = await self._new_session(tokens, flow, now)
        async with self._pool.acquire() as connection, connection.transaction():
            await delete_session(connection, session_hash(request.cookies.get(self.cookie, "")))
            await insert_session(connection, session, id_token_sealed=self._kept_id_token(cookie, tokens))
        response = RedirectResponse(flow.next, 303)
        self._set_cookie(response, self.cookie, cookie, session.expires_at - now)
        self._delete_cookie(response, self._flow_cookie(state))
        return response

    async def _new_session(self, tokens: Any, flow: Flow, now: datetime) -> tuple[Session, str]:
        claims = await self.provider.id_token_claims(tokens, nonce=flow.nonce, now=now)
        institution = claims.get("institution") or await self._institution_by_userinfo(tokens, claims)
        signed_in_at = moment(claims.get("auth_time"))
        if flow.max_age is not None:
            signed_in_at = self._checked_age(signed_in_at, claims, flow.max_age, now)
        subject = self._known(str(institution), str(claims["sub"]))
        cookie = secrets.token_urlsafe(32)
        return Session(
            session_hash(cookie), str(institution), subject, signed_in_at, now + self._lasts
        ), cookie

    async def _institution_by_userinfo(self, tokens: Any, claims: Any) -> object:
        """Many providers put their own claims there only; the answer must be about the same person."""
        info = await self.provider.userinfo(str(tokens.get("access_token"))) or {}
        return info.get("institution") if info.get("sub") == claims["sub"] else None

    def _checked_age(
        self, signed_in_at: datetime | None, claims: Any, max_age: int, now: datetime
    ) -> datetime:
        """A provider asked for `max_age` must say `auth_time`; the development one always asks the person."""
        if signed_in_at is None and self._is_development:
            signed_in_at = moment(claims.get("iat"))
        if signed_in_at is None or (now - signed_in_at).total_seconds() > max_age + 60:
            raise SignInRefused("the provider did not ask the person again")
        return signed_in_at

    def _known(self, institution_id: str, subject: str) -> str:
        if institution_id not in self._institutions or "\0" in subject or len(subject) > 255:
            raise SignInRefused("not of an institution that takes part")
        return self._subject_of(institution_id, subject) if self._subject_of else subject

    def _kept_id_token(self, cookie: str, tokens: Any) -> bytes | None:
        return None if self._subject_of else seal_id_token(cookie, str(tokens["id_token"]))

    async def end(self, request: Request) -> Response:
        """Ends the session here, then sends the browser to end the one at the provider."""
        cookie = request.cookies.get(self.cookie, "")
        self.require_own_origin(request)
        async with self._pool.acquire() as connection:
            sealed = await delete_session(connection, session_hash(cookie))
        id_token = open_id_token(cookie, sealed) if sealed else None
        response = RedirectResponse(await self._end_at_provider(id_token), 303)
        self._delete_cookie(response, self.cookie)
        return response

    async def _end_at_provider(self, id_token: str | None) -> str:
        try:
            url = await self.provider.end_session_url(id_token=id_token, back_to=f"{self.public_url}/")
        except ProviderUnavailable:
            return "/"
        return url or "/"

    def _flow_cookie(self, state: str) -> str:
        """One per attempt, so that two tabs do not disturb each other."""
        return f"{self.cookie}-signin-{session_hash(state).hex()[:12]}"

    def _set_cookie(self, response: Response, name: str, value: str, lasts: timedelta) -> None:
        seconds = int(lasts.total_seconds())
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def _delete_cookie(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")
