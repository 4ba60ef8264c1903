"""Redeem an activation code: count the attempt, compare, and let a claim stand."""

from typing import Any

from contracts.wallet import ActivationAccepted, ActivationFailed, ActivationLocked
from eventing import UnitOfWork
from servicekit.keys import KeyRing
from servicekit.offers import activation_code_matches
from wallet.domain import CLAIM_STANDS, Attempt, Denial, Grant, Offer, Redemption, Refusal, refuse
from wallet.store import offers


async def redeem_code(work: UnitOfWork, redemption: Redemption, check_keys: KeyRing) -> Grant | Denial:
    """A denial is returned, not raised: the attempt that it has cost must be committed first."""
    offer = await offers.load_offer(work.connection, redemption.offer_id)
    if refusal := refuse(offer, redemption, work.now):
        return Denial(refusal)
    attempt = await offers.take_attempt(work.connection, redemption.offer_id, redemption.jkt, work.now)
    if attempt is None:
        return await _why_none_was_left(work, redemption)
    if not _matches(attempt, redemption.tx_code, check_keys):
        return _count_wrong_code(work, attempt)
    if attempt.offer.is_claimed(work.now):
        return await _repeat(work, redemption, attempt.offer)
    return await _claim(work, redemption, attempt.offer)


async def _why_none_was_left(work: UnitOfWork, redemption: Redemption) -> Denial:
    """Others were quicker since the offer was loaded."""
    offer = await offers.load_offer(work.connection, redemption.offer_id)
    return Denial(refuse(offer, redemption, work.now) or Refusal.CLAIMED)


def _matches(attempt: Attempt, tx_code: str, check_keys: KeyRing) -> bool:
    offer = attempt.offer
    return activation_code_matches(
        check_keys, attempt.code_digest, attempt.digest_key_id, offer.offer_id, offer.generation, tx_code
    )


def _count_wrong_code(work: UnitOfWork, attempt: Attempt) -> Denial:
    if attempt.left:
        work.publish(ActivationFailed(**_about(work, attempt.offer), attempts_left=attempt.left))
        return Denial(Refusal.WRONG_CODE, attempt.left)
    work.publish(ActivationLocked(**_about(work, attempt.offer), attempts_left=0))
    return Denial(Refusal.LOCKED, 0)


async def _repeat(work: UnitOfWork, redemption: Redemption, offer: Offer) -> Grant:
    """The answer was lost, and the key that the claim is bound to asks again: nothing new has happened."""
    activation_id, device_label = await offers.repeat_claim(work.connection, redemption.offer_id)
    return Grant(activation_id, offer, device_label, redemption.jkt)


async def _claim(work: UnitOfWork, redemption: Redemption, offer: Offer) -> Grant | Denial:
    activation_id = work.new_id()
    until = work.now + CLAIM_STANDS
    attempts_used = await offers.take_claim(work.connection, redemption, activation_id, until, work.now)
    if attempts_used is None:
        return Denial(Refusal.CLAIMED)
    work.publish(
        ActivationAccepted(
            **_about(work, offer),
            activation_id=activation_id,
            attempts_used=attempts_used,
            device_label=redemption.device_label,
            terms_version=redemption.terms_version,
        )
    )
    return Grant(activation_id, offer, redemption.device_label, redemption.jkt)


def _about(work: UnitOfWork, offer: Offer) -> dict[str, Any]:
    return {
        "event_id": work.new_id(),
        "occurred_at": work.now,
        "institution_id": offer.institution_id,
        "order_id": offer.order_id,
        "generation": offer.generation,
    }
