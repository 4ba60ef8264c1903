"""A new activation code is a new generation of the offer: new offer id, new code, the old ones are dead."""

from collections.abc import Sequence

from contracts.ordering import ActivationCodeRequested
from eventing import UnitOfWork
from issuer.domain import Credential, offer_ends_at, renew
from issuer.store import credentials
from issuer.telling import tell_ready
from issuer.use_cases._record_outcomes import Outcome, record_outcomes
from issuer.vault import OfferSecrets
from issuer.workshop import Workshop


async def renew_codes(
    work: UnitOfWork,
    requests: Sequence[ActivationCodeRequested],
    secrets: Sequence[OfferSecrets],
    workshop: Workshop,
) -> None:
    """Tells nothing where there is a card already: `CardIssued` is in the stream, and settles the request."""
    asked = {event.order_id: (event, drawn) for event, drawn in zip(requests, secrets, strict=True)}
    outcomes = []
    for credential in await credentials.lock_credentials(work.connection, asked):
        event, drawn = asked[credential.order_id]
        after = _renew(work, credential, event, workshop)
        if after != credential:
            outcomes.append(Outcome(after, tell_ready(work, after, drawn, workshop.vault)))
    await record_outcomes(work, outcomes)


def _renew(
    work: UnitOfWork, credential: Credential, event: ActivationCodeRequested, workshop: Workshop
) -> Credential:
    if credential.valid_until is None:
        return credential
    lifetime = workshop.institution(credential.institution_id).offer_lifetime_days
    return renew(credential, event.generation, offer_ends_at(work.now, lifetime, credential.valid_until))
