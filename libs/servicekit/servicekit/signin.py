"""The routes of signing in and out, and who is asking.

A service puts one `SignIn` on `app.state.signin` in its lifespan and includes `signin_router()`. Pages with
a sign-out form must let `form-action` lead to the provider too, since the answer redirects there.
"""

from typing import Annotated

from fastapi import APIRouter, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from servicekit.identity import Person, SignIn
from servicekit.problems import Problem, Text
from servicekit.provider import ProviderUnavailable, SignInRefused
from servicekit.refusals import NotSignedIn, TemporarilyUnavailable

__all__ = ["Person", "SignIn", "current_person", "optional_person", "signin_router"]


class SignInFailed(Problem):
    """`again` is where to begin anew."""

    status = 400
    code = "SIGN_IN_FAILED"
    title = Text("Nie udało się zalogować", "Signing in did not work")
    detail = Text(
        "Logowanie trwało za długo, zostało przerwane albo to konto nie należy do uczelni, która bierze "
        "udział. Spróbuj ponownie; jeśli to nie pomoże, zgłoś się do dziekanatu.",
        "It took too long, was broken off, or this account is of no institution that takes part. "
        "Try again; if that does not help, ask the dean's office.",
    )

    def __init__(self, again: str) -> None:
        super().__init__(again=again)


class SignInAway(Problem):
    """The identity provider does not answer; `again` is where to begin anew."""

    status = 503
    code = "SIGN_IN_AWAY"
    title = Text("Logowanie jest chwilowo niedostępne", "Signing in is not possible at the moment")
    detail = Text(
        "Nic nie przepadło. Spróbuj ponownie za kilka minut.",
        "Nothing is lost. Try again in a few minutes.",
    )

    def __init__(self, again: str) -> None:
        super().__init__(again=again, headers={"Retry-After": "60"})


def signin_router(prefix: str = "") -> APIRouter:
    """`GET /signin?next=/path&max_age=600`, `GET /signin/callback`, `POST /signout`, below `prefix`."""
    router = APIRouter(prefix=prefix, tags=["sign-in"])
    callback = f"{prefix}/signin/callback"

    @router.get(
        "/signin",
        summary="Sign in with the identity provider",
        status_code=303,
        response_class=RedirectResponse,
    )
    async def sign_in(request: Request) -> Response:
        try:
            return await _signin(request).begin(request, callback=callback)
        except ProviderUnavailable:
            raise SignInAway(f"{prefix}/signin") from None

    @router.get("/signin/callback", include_in_schema=False)
    async def come_back(request: Request) -> Response:
        try:
            return await _signin(request).finish(request, callback=callback)
        except SignInRefused:
            raise SignInFailed(f"{prefix}/signin") from None
        except ProviderUnavailable:
            raise SignInAway(f"{prefix}/signin") from None

    @router.post(
        "/signout",
        summary="Sign out here and at the identity provider",
        status_code=303,
        response_class=RedirectResponse,
    )
    async def sign_out(request: Request) -> Response:
        return await _signin(request).end(request)

    return router


def _signin(request: Request) -> SignIn:
    signin: SignIn = request.app.state.signin
    return signin


async def optional_person(request: Request) -> Person | None:
    """Who is asking, or None."""
    try:
        return await _signin(request).person(request)
    except ProviderUnavailable:
        raise TemporarilyUnavailable from None


_SESSION = APIKeyCookie(
    name="legitka-<service>",
    scheme_name="session",
    auto_error=False,
    description="Set by GET /signin. Unsafe methods must come from a page of this origin (header Origin).",
)
_BEARER = HTTPBearer(
    scheme_name="bearer",
    auto_error=False,
    description="An access token of the identity provider that was issued for this API (audience).",
)


async def current_person(
    request: Request,
    _cookie: Annotated[str | None, Security(_SESSION)] = None,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)] = None,
) -> Person:
    """Who is asking; 401 for nobody. The two parameters are for the OpenAPI document alone."""
    person = await optional_person(request)
    if person is None:
        raise NotSignedIn(headers={"WWW-Authenticate": "Bearer"})
    return person
