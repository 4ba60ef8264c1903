"""A wallet tells what became of its credential. The same thing told again is no news; another thing is."""

import hmac
from uuid import UUID

from contracts.issuer import WalletEvent, WalletReported
from eventing import UnitOfWork
from issuer.store import credentials
from issuer.telling import tell


class UnknownNotification(Exception):
    """The notification id was not given with the card that the access token is for."""


async def record_wallet_report(
    work: UnitOfWork, order_id: UUID, notification_id: str, event: WalletEvent
) -> None:
    """Under the card's lock, so that nothing is written or told of an order that is being erased."""
    known = await credentials.lock_credentials(work.connection, [order_id])
    credential = known[0] if known else None
    if credential is None or credential.notification_id is None:
        raise UnknownNotification
    if not hmac.compare_digest(credential.notification_id.encode(), notification_id.encode()):
        raise UnknownNotification
    if await credentials.add_wallet_report(work.connection, order_id, event, work.now):
        work.publish(
            tell(work, WalletReported, credential, credential_id=credential.credential_id, event=event)
        )
