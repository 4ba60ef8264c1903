"""Sealed packs, checks of shown codes, and terms (protocol.md 6 and 8)."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from servicekit.accepting import BYTES, accepts
from servicekit.bytes import from_base64url, to_base64url
from wallet.api.refusals import LimitRefusals, count_refusal
from wallet.domain import Verdict
from wallet.metrics import count_verification
from wallet.parts import TheParts
from wallet.problems import PackMissing, ProofRefused
from wallet.proofs import PackProof, read_pack_proof
from wallet.use_cases.delete_presentation import delete_presentation
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


@router.put("/presentations/{handle}", dependencies=[LimitRefusals])
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


@router.delete("/presentations/{handle}", dependencies=[LimitRefusals], status_code=204)
async def remove_presentation(handle: HandleInPath, proof: Proof, parts: TheParts) -> Response:
    async with parts.works.begin() as work:
        await delete_presentation(work, from_base64url(handle), _read(proof))
    return Response(status_code=204)


def _read(proof: str) -> PackProof:
    read = read_pack_proof(proof)
    if read is None:
        raise ProofRefused
    return read


@router.post("/verifications", dependencies=[LimitRefusals])
async def verify(shown: ShownCode, request: Request, parts: TheParts) -> JSONResponse:
    """Leaves no row and no log line of what was checked, and by whom: only a number per institution."""
    async with parts.works.begin() as work:
        verdict = await verify_presentation(
            work, from_base64url(shown.handle), shown.time, from_base64url(shown.signature)
        )
    count_verification(verdict)
    if verdict.outcome == "unknown":
        await count_refusal(request, parts)
    return JSONResponse(
        _told(verdict) | {"checked_at": work.now.isoformat()}, headers={"Cache-Control": "no-store"}
    )


def _told(verdict: Verdict) -> dict[str, Any]:
    told: dict[str, Any] = {"outcome": verdict.outcome}
    if verdict.clock_skew is not None:
        told["clock_skew_seconds"] = round(verdict.clock_skew.total_seconds())
    if verdict.valid_until is not None:
        told["valid_until"] = verdict.valid_until.isoformat()
    if verdict.pack is not None:
        told["pack"] = to_base64url(verdict.pack)
    return told
