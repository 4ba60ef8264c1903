"""The refusals that every service knows, and how the framework's own errors become problem details."""

from collections.abc import Iterable, Mapping

import asyncpg
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from servicekit.accepting import accepted_by
from servicekit.field_errors import field_errors
from servicekit.oauth import OAuthError, oauth_response
from servicekit.problems import Problem, Text, problem_response
from servicekit.remote_keys import KeysUnavailable

log = structlog.get_logger()


class UnreadableRequest(Problem):
    """Bad UTF-8, NUL, half a character, or JSON that is none."""

    status = 400
    code = "UNREADABLE_REQUEST"
    title = Text("Nie można odczytać żądania", "The request cannot be read")
    detail = Text(
        "Wyślij poprawny tekst UTF-8 (bez znaku NUL), a w treści poprawny JSON.",
        "Send valid UTF-8 text (without NUL) and, as the body, valid JSON.",
    )


class NotSignedIn(Problem):
    """No session and no token that counts."""

    status = 401
    code = "NOT_SIGNED_IN"
    title = Text("Trzeba się zalogować", "You are not signed in")
    detail = Text("Zaloguj się i spróbuj ponownie.", "Sign in and try again.")


class ForeignRequest(Problem):
    """A request with a session that did not come from a page of ours."""

    status = 403
    code = "FOREIGN_ORIGIN"
    title = Text("Żądanie spoza tej strony", "A request from elsewhere")
    detail = Text(
        "Ze względów bezpieczeństwa wykonaj tę czynność na naszej stronie.",
        "For your safety do this on our own page.",
    )

    def __init__(self, origin: str) -> None:
        super().__init__(expected_origin=origin)


class NotFound(Problem):
    """Nothing here, or nothing that this caller may know of."""

    status = 404
    code = "NOT_FOUND"
    title = Text("Nie znaleziono", "Not found")
    detail = Text(
        "Sprawdź adres; opis interfejsu jest pod /docs.", "Check the address; /docs describes the API."
    )


class MethodNotAllowed(Problem):
    """The address is right and the method is not."""

    status = 405
    code = "METHOD_NOT_ALLOWED"
    title = Text("Niedozwolona metoda", "Method not allowed")
    detail = Text("Użyj metody z nagłówka Allow.", "Use a method that the Allow header names.")


class BodyTooLarge(Problem):
    """More bytes than this endpoint takes."""

    status = 413
    code = "BODY_TOO_LARGE"
    title = Text("Zbyt duże żądanie", "The body is too large")
    detail = Text("Wyślij mniej danych.", "Send less data.")


class WrongContentType(Problem):
    """A body of another media type."""

    status = 415
    code = "WRONG_CONTENT_TYPE"
    title = Text("Niewłaściwy typ treści", "Wrong content type")
    detail = Text(
        "Ustaw nagłówek Content-Type na jeden z typów z pola accepted.",
        "Set the header Content-Type to one of the types in accepted.",
    )


class InvalidRequest(Problem):
    """Fields that are missing or not as described; `errors` names them without their values."""

    status = 422
    code = "INVALID_REQUEST"
    title = Text("Nieprawidłowe dane", "Invalid data")
    detail = Text("Popraw pola wymienione w errors.", "Correct the fields named in errors.")


class TooManyRequests(Problem):
    """Refused too often; `Retry-After` says when to come back."""

    status = 429
    code = "TOO_MANY_REQUESTS"
    title = Text("Zbyt wiele prób", "Too many attempts")
    detail = Text("Odczekaj chwilę i spróbuj ponownie.", "Wait a moment and try again.")

    def __init__(self, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)}, retry_after=retry_after)


class TemporarilyUnavailable(Problem):
    """Something we need is away; the same request will work later."""

    status = 503
    code = "TEMPORARILY_UNAVAILABLE"
    title = Text("Chwilowo niedostępne", "Temporarily unavailable")
    detail = Text("Spróbuj ponownie za chwilę.", "Try again in a moment.")

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)}, retry_after=retry_after)


# The database or a peer cannot be reached right now, or two transactions were in each other's way; nothing is
# wrong with the request or with us.
_AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    ConnectionError,
    KeysUnavailable,
)

_BY_STATUS: Mapping[int, type[Problem]] = {
    400: UnreadableRequest,
    401: NotSignedIn,
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: WrongContentType,
}


def problem_of_status(status: int, headers: Mapping[str, str] | None) -> Problem:
    kind = _BY_STATUS.get(status, Problem)
    problem = kind(headers=headers)
    problem.status = status
    return problem


def invalid_request(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return UnreadableRequest()
    return InvalidRequest(errors=field_errors(found))


def install(app: FastAPI) -> None:
    """Let every refusal of the application and of the framework leave in its own format."""

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return problem_response(request, problem)

    @app.exception_handler(OAuthError)
    async def on_oauth_error(request: Request, error: OAuthError) -> Response:
        return oauth_response(request, error)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return _refuse(request, invalid_request(error))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        return _refuse(request, problem_of_status(error.status_code, error.headers))

    for kind in _AWAY:

        @app.exception_handler(kind)
        async def on_absence(request: Request, error: Exception) -> Response:
            log.warning("needed_part_is_away", exception=type(error).__qualname__)
            return _refuse(request, TemporarilyUnavailable())


def _refuse(request: Request, problem: Problem) -> Response:
    accepted = accepted_by(request.scope)
    if accepted.oauth_error is not None:
        return oauth_response(request, _as_oauth(problem, accepted.oauth_error, accepted.media_types))
    if isinstance(problem, WrongContentType):
        problem.extras["accepted"] = list(accepted.media_types)
    if isinstance(problem, BodyTooLarge):
        problem.extras["limit_bytes"] = accepted.limit
    return problem_response(request, problem)


def _as_oauth(problem: Problem, error: str, media_types: Iterable[str]) -> OAuthError:
    """RFC 6749 knows 400 for every malformed request; size, type and absence keep their own status."""
    status = problem.status if problem.status in (405, 413, 415, 503) else 400
    error = "temporarily_unavailable" if status == 503 else error
    cure = f": send {' or '.join(media_types)}" if isinstance(problem, WrongContentType) else ""
    return OAuthError(error, problem.title.en + cure, status=status, headers=problem.headers)
