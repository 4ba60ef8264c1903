"""What tests of renewal look at: the end on the card, what the app keeps, and what it was answered."""

from datetime import datetime

from playwright.async_api import Page, Response, expect

from servicekit.institutions import WARSAW


async def day(page: Page, moment: datetime) -> str:
    """As the card says it."""
    told: str = await page.evaluate(
        """day => new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "pl-PL",
             {dateStyle: "long", timeZone: "UTC"}).format(new Date(day))""",
        moment.astimezone(WARSAW).date().isoformat(),
    )
    return told


async def expect_end(page: Page, moment: datetime) -> None:
    await expect(page.locator("[data-card] [data-slot=expiry_date]")).to_have_text(await day(page, moment))


async def in_storage(page: Page, change: str) -> None:
    """Changes the only card that the app keeps, called `card` in `change`."""
    await page.evaluate(
        f"""async () => {{
          const page = document.querySelector('script[src*="card.js"]').src;
          const {{ loadCards, changeCard }} = await import(page.replace("card.js", "storage.js"));
          const [card] = await loadCards();
          await changeCard(card.id, {change});
        }}"""
    )


class Asked:
    """What pages of this phone were answered about tokens and cards."""

    def __init__(self, page: Page) -> None:
        self.about_tokens: list[Response] = []
        self.about_cards: list[Response] = []
        page.context.on("response", self._note)

    @property
    def tokens(self) -> int:
        return sum(answer.ok for answer in self.about_tokens)

    async def refusals(self) -> list[str | None]:
        return [(await answer.json()).get("reason") for answer in self.about_tokens if not answer.ok]

    def _note(self, answer: Response) -> None:
        if answer.request.method == "POST" and answer.url.endswith("/token"):
            self.about_tokens.append(answer)
        if answer.request.method == "POST" and answer.url.endswith("/credential"):
            self.about_cards.append(answer)
