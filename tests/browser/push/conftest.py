"""A browser whose notifications come by a push service of the test, since no other can be reached."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Worker

from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from devstack.push_service import Pushed, PushService
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.pages import sign_in
from tests.journeys.conftest import People
from tests.waiting import eventually

# Chromium asks Google for an address. Here the test gives one; all else is the browser's own.
SUBSCRIBING = """
const shape = ({ subscription, key }) => ({
  endpoint: subscription.endpoint,
  options: { userVisibleOnly: true, applicationServerKey: key },
  toJSON: () => subscription,
  unsubscribe: async () => { await unsubscribeFromTest(subscription); return true; },
});
PushManager.prototype.getSubscription = async () => {
  const kept = await subscriptionOfTest();
  return kept && shape(kept);
};
PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
  if (!userVisibleOnly || Notification.permission !== "granted") throw new Error("not allowed");
  return shape(await subscribeAtTest(applicationServerKey));
};
"""


class PhoneWithPush:
    """A student's phone: its context, and the subscription that its browser holds, if any."""

    def __init__(self, context: BrowserContext, service: PushService, student: StudentClient) -> None:
        self.context = context
        self.student = student
        self.service = service
        self.held: dict[str, Any] | None = None

    async def make_up(self) -> None:
        await self.context.expose_function("subscribeAtTest", self._subscribe)
        await self.context.expose_function("unsubscribeFromTest", self._unsubscribe)
        await self.context.expose_function("subscriptionOfTest", lambda: self.held)
        await self.context.add_init_script(SUBSCRIBING)

    def _subscribe(self, key: str) -> dict[str, Any]:
        self.held = {"subscription": self.service.subscribe(key), "key": key}
        return self.held

    def _unsubscribe(self, subscription: dict[str, Any]) -> None:
        self.service.unsubscribe(subscription)
        self.held = None

    async def worker(self) -> Worker:
        return (await eventually(lambda: self.context.service_workers))[0]

    async def deliver(self, page: Page, pushed: Pushed) -> None:
        await self.deliver_text(page, pushed.text.decode())

    async def deliver_text(self, page: Page, text: str) -> None:
        """As a push service would bring it, by the DevTools protocol."""
        devtools = await self.context.new_cdp_session(page)
        registrations: list[dict[str, Any]] = []
        devtools.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: registrations.extend(told["registrations"]),
        )
        await devtools.send("ServiceWorker.enable")
        (registration, *_) = await eventually(lambda: registrations)
        message = {"registrationId": registration["registrationId"], "data": text}
        await devtools.send("ServiceWorker.deliverPushMessage", {"origin": origin_of(page), **message})
        await devtools.detach()


def origin_of(page: Page) -> str:
    scheme, _, rest = page.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


@pytest.fixture
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


NewPhone = Callable[..., Awaitable[PhoneWithPush]]


@pytest.fixture
async def new_phone(
    open_device: OpenContext, push_service: PushService, people: People, addresses: Addresses
) -> NewPhone:
    async def make(*, allowed: bool = True, **how: str) -> PhoneWithPush:
        student, account = await people.student()
        context = await open_device(PHONE, **how)
        if allowed:
            await context.grant_permissions(["notifications"], origin=addresses.ordering)
        phone = PhoneWithPush(context, push_service, student)
        await phone.make_up()
        page = await context.new_page()
        await sign_in(page, addresses.ordering, account.subject, then="/alerts")
        return phone

    return make
