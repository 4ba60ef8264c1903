"""Which photo has to be fetched before a card can be given: no transaction waits for a peer."""

from eventing import Look
from issuer.domain import Activation
from issuer.store import credentials, holders, instances
from issuer.vault import Vault


async def find_wanted_photo(look: Look, activation: Activation, vault: Vault) -> str | None:
    """The photo's digest; None when it is here, or when this activation will be refused anyway."""
    credential = await credentials.load_credential(look.connection, activation.order_id)
    if credential is None:
        return None
    if credential.state != "offered" and not await _have_it(look, activation):
        return None
    sealed = await holders.load_holder(look.connection, activation.order_id)
    if sealed is None or sealed.photo_sealed is not None:
        return None
    return vault.card(sealed, credential.institution_id).holder().photo_sha256


async def _have_it(look: Look, activation: Activation) -> bool:
    holding = await instances.thumbprints(look.connection, activation.order_id)
    return any(key.jkt in holding for key in activation.keys)
