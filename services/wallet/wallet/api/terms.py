"""The terms of the wallet, read by anybody and accepted by who has signed in."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from servicekit.problems import language_of
from servicekit.signin import current_person
from wallet.parts import TheParts
from wallet.terms import TEXT, VERSION
from wallet.use_cases.accept_terms import accept_terms

router = APIRouter(prefix="/api/v1/terms", tags=["terms"])


class Acceptance(BaseModel):
    """Which version was read."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    version: str = Field(max_length=32)


@router.get("", summary="The terms of the wallet")
async def show_terms(request: Request) -> dict[str, Any]:
    return {"version": VERSION, "text": TEXT.to(language_of(request))}


@router.post("", dependencies=[Depends(current_person)], summary="Accept the terms: a receipt for /token")
async def accept(acceptance: Acceptance, parts: TheParts) -> dict[str, Any]:
    now = parts.works.clock()
    receipt = accept_terms(acceptance.version, parts.keys.receipts, now)
    return {"terms_receipt": receipt, "version": acceptance.version, "server_time": now}
