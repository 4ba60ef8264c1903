"""What offers and cards are made with: institutions, keys, and chance, which is drawn only here."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from issuer.vault import OfferSecrets, Vault
from servicekit.institutions import Institution

CODE_DIGITS = 8


class UnknownInstitution(LookupError):
    """No file describes this institution: add institutions/<id>.toml and start again."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Given to the use cases that make something; it never touches the database."""

    institutions: Mapping[str, Institution]
    vault: Vault

    def institution(self, institution_id: str) -> Institution:
        try:
            return self.institutions[institution_id]
        except KeyError:
            raise UnknownInstitution(institution_id) from None

    def draw_secrets(self) -> OfferSecrets:
        code = secrets.randbelow(10**CODE_DIGITS)
        return OfferSecrets(self.vault.new_offer_id(os.urandom(16)), f"{code:0{CODE_DIGITS}}")


def draw_indices(count: int, size: int) -> Sequence[int]:
    """Random places in a status list; `size` is a power of two, so every place is as likely."""
    drawn = os.urandom(4 * count)
    return [int.from_bytes(drawn[at : at + 4], "big") % size for at in range(0, 4 * count, 4)]


def draw_notification_id() -> str:
    return secrets.token_urlsafe(16)


def draw_transaction_id() -> str:
    return secrets.token_urlsafe(16)
