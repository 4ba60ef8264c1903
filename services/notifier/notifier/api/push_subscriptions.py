"""The browsers that show notifications of a student, also while no page of ours is open."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ValidationError

from notifier.access import TheReader
from notifier.parts import Parts, TheParts
from notifier.problems import EndpointRefused, KeyReplaced
from notifier.push import application_server_key
from notifier.push_endpoints import may_be_asked
from notifier.subscriptions import Subscription
from notifier.use_cases.show_subscriptions import show_subscriptions
from notifier.use_cases.turn_push_off import turn_push_off
from notifier.use_cases.turn_push_on import turn_push_on
from notifier.views import NewSubscriptionView, SubscriptionsView, SubscriptionView

router = APIRouter(prefix="/push-subscriptions", tags=["push"])


@router.get("", summary="My browsers that take notifications, and the key for a new one")
async def list_subscriptions(reader: TheReader, parts: TheParts) -> SubscriptionsView:
    async with parts.works.begin() as work:
        known = await show_subscriptions(work, reader.recipient)
    keys = {key.kid: application_server_key(key) for key in parts.push_keys.all}
    return SubscriptionsView(
        application_server_key=application_server_key(parts.push_keys.current),
        subscriptions=tuple(
            SubscriptionView(
                id=each.id, application_server_key=keys.get(each.key_id), created_at=each.created_at
            )
            for each in known
        ),
    )


@router.post("", status_code=201, summary="Notify me in this browser")
async def add_subscription(
    given: NewSubscriptionView, reader: TheReader, parts: TheParts
) -> SubscriptionView:
    """Once per browser, however often it is called; from now on it is this student's alone."""
    key_id = _key_id_of(given.application_server_key, parts)
    kept = parts.subscriptions.seal(_read(given, parts), reader.recipient.institution_id, key_id)
    async with parts.works.begin() as work:
        since = await turn_push_on(work, reader.recipient, kept)
    return SubscriptionView(id=kept.id, application_server_key=given.application_server_key, created_at=since)


@router.delete("/{subscription_id}", status_code=204, summary="Notify me here no more")
async def remove_subscription(subscription_id: UUID, reader: TheReader, parts: TheParts) -> Response:
    async with parts.works.begin() as work:
        await turn_push_off(work, reader.recipient, subscription_id)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _key_id_of(public: str, parts: Parts) -> str:
    for key in parts.push_keys.all:
        if application_server_key(key) == public:
            return key.kid
    raise KeyReplaced


def _read(given: NewSubscriptionView, parts: Parts) -> Subscription:
    if not may_be_asked(given.endpoint, loopback=parts.settings.asks_push_services_on_loopback):
        raise EndpointRefused
    try:
        return Subscription(endpoint=given.endpoint, p256dh=given.keys.p256dh, auth=given.keys.auth)
    except ValidationError:
        raise EndpointRefused from None
