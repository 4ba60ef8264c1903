"""`/`: my card, whatever its state; a welcome for whoever is not signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ordering import acts, reading
from ordering.callers import current_student
from ordering.domain import OPEN, Order
from ordering.pages.around import AVisit, Visit
from ordering.pages.order import show_order
from ordering.pages.placing import show_invitation
from ordering.parts import TheParts
from pagekit import ThePages
from pagekit.pages import Back
from servicekit.problems import Language
from servicekit.signin import Person, optional_person

router = APIRouter(include_in_schema=False)

MaybeSomebody = Annotated[Person | None, Depends(optional_person)]


@router.get("/")
async def start(request: Request, person: MaybeSomebody, parts: TheParts, pages: ThePages) -> Response:
    if person is None:
        return pages.render(request, "welcome.html")
    visit = Visit(request, await current_student(person, parts), parts, pages)
    orders = await reading.orders(parts, visit.me)
    if not orders:
        return await show_invitation(visit)
    return await show_order(visit, _most_urgent(orders), orders)


def _most_urgent(orders: list[Order]) -> Order:
    """The open one, else the one whose card stands, else the newest."""
    opened = (order for order in orders if order.state in OPEN)
    standing = (order for order in orders if order.card.stands)
    return next(opened, None) or next(standing, None) or orders[0]


@router.get("/photo")
async def photo(visit: AVisit) -> Response:
    """One's own photo as it will look in the card."""
    return Response(await reading.photo(visit.parts, visit.me), media_type="image/jpeg")


@router.get("/language/{language}")
async def choose(
    language: Language, person: MaybeSomebody, parts: TheParts, pages: ThePages, back: Back = None
) -> Response:
    """A student's choice also rules alerts."""
    if person is not None:
        await acts.choose(parts, person, language)
    return await pages.choose_language(language, back)
