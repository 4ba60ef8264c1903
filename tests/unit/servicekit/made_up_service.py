"""Routes that take, refuse and fail, and a client for them."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import asyncpg
import httpx
from fastapi import APIRouter, Form, Path, Request
from pydantic import BaseModel, ConfigDict, field_validator
from starlette.responses import StreamingResponse

from servicekit.accepting import BYTES, FORM, JSON, accepts
from servicekit.oauth import OAuthError
from servicekit.problems import Problem, Text
from servicekit.remote_keys import KeysUnavailable
from tests.unit.servicekit.serving import client, serve

PESEL = "02271409862"
AWAY: dict[str, type[Exception]] = {
    "database": asyncpg.ConnectionDoesNotExistError,
    "starting": asyncpg.CannotConnectNowError,
    "stopping": asyncpg.AdminShutdownError,
    "deadlock": asyncpg.DeadlockDetectedError,
    "refused": ConnectionRefusedError,
    "keys": KeysUnavailable,
}


class Consent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["card_terms"]
    text: str

    @field_validator("text")
    @classmethod
    def _not_a_pesel(cls, value: str) -> str:
        if value == PESEL:
            raise ValueError(f"{value} is a PESEL")
        return value


class TooEarly(Problem):
    status = 409
    code = "TOO_EARLY"
    title = Text("Za wcześnie", "Too early")


def routes() -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.post("/consents")
    async def take_consents(consents: list[Consent]) -> int:
        return len(consents)

    @router.get("/people/{pesel}")
    async def fail(pesel: Annotated[str, Path()]) -> None:
        raise RuntimeError(pesel)

    @router.get("/early")
    async def refuse() -> None:
        raise TooEarly

    @router.put("/packs/{handle}")
    @accepts(BYTES, limit=100)
    async def take_pack(handle: str, request: Request) -> int:
        return len(await request.body())

    @router.post("/token")
    @accepts(FORM, oauth_error="invalid_request")
    async def token(request: Request) -> dict[str, str]:
        return {name: str(value) for name, value in (await request.form()).items()}

    @router.post("/token-by-fields")
    @accepts(FORM, oauth_error="invalid_request")
    async def token_by_fields(code: Annotated[str, Form()]) -> str:
        return code

    @router.post("/refused")
    @accepts(oauth_error="invalid_credential_request")
    async def refused() -> None:
        raise OAuthError("invalid_nonce", "ask for a new one", headers={"DPoP-Nonce": "n"})

    return router


def absences() -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.post("/away/{what}")
    @accepts(oauth_error="invalid_request")
    async def away_for_wallets(what: str) -> None:
        raise AWAY[what]("private")

    @router.get("/breaking-off")
    async def break_off() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begun"
            raise RuntimeError(PESEL)

        return StreamingResponse(chunks())

    @router.get("/away/{what}")
    async def away(what: str) -> None:
        raise AWAY[what]("private")

    return router


def http() -> httpx.AsyncClient:
    return client(serve(routes(), absences()))


async def post(content: bytes, kind: str = JSON, path: str = "/api/v1/consents") -> httpx.Response:
    async with http() as browser:
        return await browser.post(path, content=content, headers={"Content-Type": kind})
