"""Sealed packs, and checks of shown codes."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from servicekit.accepting import BYTES, accepts
from servicekit.bytes import from_base64url, to_base64url
from servicekit.refusals import TooManyRequests
from wallet.api.refusals import LimitRefusals, count_refusal
from wallet.domain import Outcome, Verdict
from wallet.metrics import count_verification
from wallet.parts import TheParts
from wallet.problems import PackMissing, ProofRefused
from wallet.proofs import PackProof, read_pack_proof
from wallet.use_cases.delete_presentation import delete_presentation
from wallet.use_cases.find_card import find_card
from wallet.use_cases.store_presentation import store_presentation
from wallet.use_cases.verify_presentation import verify_presentation

router = APIRouter(prefix="/api/v1", tags=["presentation"])

MAX_PACK = 48 * 1024

# Only spellings that can be decoded: 16 bytes leave 4 bits of the last character unused, 64 bytes the same.
Handle = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{21}[AQgw]$")]
Signature = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{85}[AQgw]$")]
HandleInPath = Annotated[Handle, Path()]
Proof = Annotated[str, Header(alias="Presentation-Proof", max_length=2048)]


class ShownCode(BaseModel):
    """What the code on the screen says, without the key of the pack."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    handle: Handle
    time: int = Field(ge=0, lt=2**40)
    signature: Signature


class Checked(BaseModel):
    """What is answered: what is not told is not there."""

    outcome: Outcome
    checked_at: datetime
    clock_skew_seconds: int | None = None
    valid_until: datetime | None = None
    pack: str | None = None


class KnownCard(BaseModel):
    """What has become of a card since it was issued. `revision`: null until its data change."""

    server_time: datetime
    valid_until: datetime | None
    revision: int | None


@router.put(
    "/presentations/{handle}", dependencies=[LimitRefusals], summary="Store the sealed pack of a card"
)
@accepts(BYTES, limit=MAX_PACK)
async def put_presentation(
    handle: HandleInPath, proof: Proof, request: Request, parts: TheParts
) -> dict[str, Any]:
    pack = await request.body()
    if not pack:
        raise PackMissing
    async with parts.works.begin() as work:
        await store_presentation(work, from_base64url(handle), pack, _read(proof))
    return {"server_time": work.now}


@router.get(
    "/presentations/{handle}",
    dependencies=[LimitRefusals],
    summary="Whether the card can be fetched anew: its end and its revision now",
)
async def card_of_presentation(handle: HandleInPath, proof: Proof, parts: TheParts) -> KnownCard:
    async with parts.works.look() as look:
        card = await find_card(look, from_base64url(handle), _read(proof))
    return KnownCard(server_time=look.now, valid_until=card.valid_until, revision=card.revision)


@router.delete(
    "/presentations/{handle}", dependencies=[LimitRefusals], status_code=204, summary="Remove the sealed pack"
)
async def remove_presentation(handle: HandleInPath, proof: Proof, parts: TheParts) -> Response:
    async with parts.works.begin() as work:
        await delete_presentation(work, from_base64url(handle), _read(proof))
    return Response(status_code=204)


def _read(proof: str) -> PackProof:
    read = read_pack_proof(proof)
    if read is None:
        raise ProofRefused
    return read


@router.post(
    "/verifications",
    dependencies=[LimitRefusals],
    response_model_exclude_none=True,
    summary="Check a shown code",
)
async def verify(shown: ShownCode, request: Request, parts: TheParts) -> Checked:
    """Leaves no row and no log line of what was checked, and by whom: only a number per institution."""
    async with parts.works.look() as look:
        verdict = await verify_presentation(
            look, from_base64url(shown.handle), shown.time, from_base64url(shown.signature)
        )
    count_verification(verdict)
    if verdict.outcome == "unknown" and (seconds := await count_refusal(request, parts)):
        raise TooManyRequests(seconds)
    return _told(verdict, look.now)


def _told(verdict: Verdict, checked_at: datetime) -> Checked:
    skew = verdict.clock_skew
    return Checked(
        outcome=verdict.outcome,
        checked_at=checked_at,
        clock_skew_seconds=None if skew is None else round(skew.total_seconds()),
        valid_until=verdict.valid_until,
        pack=None if verdict.pack is None else to_base64url(verdict.pack),
    )
