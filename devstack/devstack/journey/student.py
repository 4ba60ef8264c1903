"""A student with the portal's API: order, follow it live, read alerts, act on the own card."""

import uuid
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import httpx
from httpx_sse import aconnect_sse

from devstack.journey.http import Addresses, JourneyError, expect, json_of, new_http
from devstack.journey.signing_in import fetch_token, open_session

Json = dict[str, Any]


class StudentClient:
    """Signed in by a bearer token or by a session; used as an async context manager."""

    def __init__(self, addresses: Addresses, http: httpx.AsyncClient) -> None:
        self.addresses = addresses
        self.api = f"{addresses.ordering}/api/v1"
        self.http = http

    @classmethod
    async def sign_in(cls, addresses: Addresses, subject: str) -> Self:
        """As an app: each request carries a token."""
        token = await fetch_token(addresses, subject)
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "pl"}
        return cls(addresses, new_http(addresses.authority, headers))

    @classmethod
    async def sign_in_as_browser(cls, addresses: Addresses, subject: str) -> Self:
        """As a page: with the session's cookie, and the Origin that a browser adds."""
        browser = await open_session(addresses, subject)
        browser.headers["Origin"] = addresses.ordering
        return cls(addresses, browser)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def eligibility(self) -> Json:
        return dict(json_of(await self.http.get(f"{self.api}/eligibility")))

    async def consents(self) -> list[Json]:
        answer = json_of(await self.http.get(f"{self.api}/consents"))
        return list(answer["consents"] if isinstance(answer, dict) else answer)

    async def place_order(
        self, *, channel: str = "mobile", key: str | None = None, replaces: str | None = None
    ) -> Json:
        """Orders with every consent given; the same key gives the same order."""
        accepted = [{"kind": each["kind"], "version": each["version"]} for each in await self.consents()]
        return await self.order_with(accepted, channel=channel, key=key, replaces=replaces)

    async def order_with(
        self,
        accepted: list[Json],
        *,
        channel: str = "mobile",
        key: str | None = None,
        replaces: str | None = None,
    ) -> Json:
        body: Json = {"channel": channel, "locale": "pl", "consents": accepted}
        if replaces:
            body["replaces"] = replaces
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return dict(json_of(await self.http.post(f"{self.api}/orders", json=body, headers=headers), 201))

    async def order(self, order_id: str) -> Json:
        return dict(json_of(await self.http.get(f"{self.api}/orders/{order_id}")))

    async def follow(self, order_id: str) -> AsyncIterator[Json]:
        """Every change of the order as it happens; begins with what has happened already."""
        url = f"{self.api}/orders/{order_id}/events"
        async with aconnect_sse(self.http, "GET", url, timeout=httpx.Timeout(30, read=60)) as source:
            expect(source.response)
            async for event in source.aiter_sse():
                if event.data:
                    yield event.json()

    async def wait_for(self, order_id: str, status: str) -> Json:
        """Follows the order to a status, and gives the order as it is then."""
        async for change in self.follow(order_id):
            if change.get("status") == status:
                return await self.order(order_id)
        raise JourneyError(f"the stream ended before the order was {status}")

    async def qr_png(self, order_id: str) -> bytes:
        return expect(await self.http.get(f"{self.api}/orders/{order_id}/qr.png")).content

    async def request_new_code(self, order_id: str) -> None:
        expect(await self.http.post(f"{self.api}/orders/{order_id}/activation-code"), 200, 202)

    async def cancel(self, order_id: str) -> None:
        expect(await self.http.post(f"{self.api}/orders/{order_id}/cancellation"), 200, 202)

    async def cards(self) -> list[Json]:
        answer = json_of(await self.http.get(f"{self.api}/cards"))
        return list(answer["cards"] if isinstance(answer, dict) else answer)

    async def change_card(self, credential_id: str, change: str) -> None:
        """`revocation`, `suspension` or `reinstatement`."""
        expect(await self.http.post(f"{self.api}/cards/{credential_id}/{change}"), 202)

    async def alerts(self) -> list[Json]:
        """The in-app inbox, read with a short token that ordering gives for the notifier; the newest 100."""
        token = json_of(await self.http.post(f"{self.api}/notifier-token"))["token"]
        url, headers = f"{self.addresses.notifier}/api/v1/alerts", {"Authorization": f"Bearer {token}"}
        answer = json_of(await self.http.get(url, params={"limit": 100}, headers=headers))
        return list(answer["alerts"] if isinstance(answer, dict) else answer)

    async def mails_to(self, address: str) -> list[Json]:
        """What the mail sink has for an address; a student would look into the own mailbox."""
        answer = await self.http.get(f"{self.addresses.mail}/api/messages", params={"to": address})
        return list(json_of(answer))
