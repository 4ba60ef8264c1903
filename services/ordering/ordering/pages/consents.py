"""What a student has agreed to; the voluntary is given and withdrawn, one as easily as the other."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from ordering import acts, reading
from ordering.pages.around import AVisit, TheForm, see_other
from servicekit.accepting import FORM, accepts

router = APIRouter(prefix="/consents", include_in_schema=False)

Kind = Annotated[str, Path(max_length=64)]


@router.get("")
async def show(visit: AVisit) -> Response:
    given = await reading.given_consents(visit.parts, visit.me)
    return visit.show("consents.html", {"consents": visit.me.institution.consents, "given": given})


@router.post("/{kind}")
@accepts(FORM)
async def give(kind: Kind, visit: AVisit, form: TheForm) -> Response:
    await acts.give(visit.parts, visit.me, kind, str(form.get("version") or ""), visit.language)
    return see_other("/consents")


@router.post("/{kind}/withdrawal")
@accepts(FORM)
async def withdraw(kind: Kind, visit: AVisit) -> Response:
    await acts.withdraw(visit.parts, visit.me, kind)
    return see_other("/consents")
