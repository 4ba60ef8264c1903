"""How decisions are told: an event about a credential, with the fields that its class asks for."""

from typing import Any, TypeVar

from contracts.base import StreamEvent
from contracts.issuer import CardRevoked, CredentialReady, OfferWithdrawn
from eventing import UnitOfWork
from issuer.domain import CONFIGURATION_ID, Credential
from issuer.vault import OfferSecrets, Vault

E = TypeVar("E", bound=StreamEvent)


def tell(work: UnitOfWork, event_class: type[E], credential: Credential, **fields: Any) -> E:
    return event_class(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=credential.institution_id,
        order_id=credential.order_id,
        **fields,
    )


def tell_ready(
    work: UnitOfWork, credential: Credential, secrets: OfferSecrets, vault: Vault
) -> CredentialReady:
    """The one place where a code leaves this service: sealed for ordering, as a digest for the wallet."""
    digest, digest_key_id = vault.code_digest(secrets, credential.generation)
    return tell(
        work,
        CredentialReady,
        credential,
        credential_id=credential.credential_id,
        generation=credential.generation,
        offer_id=secrets.offer_id,
        expires_at=credential.offer_expires_at,
        activation_code_sealed=vault.seal_code(secrets.code, credential.institution_id, credential.order_id),
        activation_code_digest=digest,
        digest_key_id=digest_key_id,
        configuration_id=CONFIGURATION_ID,
    )


def tell_end(work: UnitOfWork, ended: Credential, reason: str) -> OfferWithdrawn | CardRevoked:
    """What is told when nothing of an order stands any more."""
    if ended.state == "withdrawn":
        return tell(work, OfferWithdrawn, ended, generation=ended.generation, reason=reason)
    return tell(work, CardRevoked, ended, reason=reason)
