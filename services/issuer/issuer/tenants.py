"""One credential issuer per institution: its addresses and the keys that sign in its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509

from issuer import sd_jwt, status_list
from issuer.es256 import Signer, certified_signer
from issuer.key_rules import KeyRules
from servicekit.institutions import Institution
from servicekit.keys import CertifiedKeys, Keys

VCT_PATH = "/vct/legitymacja-studencka/1"
METADATA_TYP = "openidvci-issuer-metadata+jwt"


@dataclass(frozen=True, slots=True)
class Tenant:
    """All that is public about an institution's issuer, and its signers."""

    institution: Institution
    url: str
    wallet_url: str
    key_rules: KeyRules
    keys: CertifiedKeys
    card_signer: Signer
    list_signer: Signer
    metadata_signer: Signer

    @property
    def vct(self) -> str:
        return self.url + VCT_PATH

    @property
    def status_lists_url(self) -> str:
        return f"{self.url}/status-lists"

    def status_list_url(self, number: int) -> str:
        return f"{self.status_lists_url}/{number}"


def open_tenants(
    institutions: Mapping[str, Institution],
    keys: Keys,
    *,
    issuer_url: str,
    wallet_url: str,
    attesters: Sequence[x509.Certificate] = (),
    attestation_required: bool = False,
) -> dict[str, Tenant]:
    """Raises `KeyUnavailable` for an institution without a signing key."""
    tenants = {}
    for institution_id, institution in institutions.items():
        certified = keys.certified(f"issuer/signing/{institution_id}")
        tenants[institution_id] = Tenant(
            institution=institution,
            url=f"{issuer_url}/t/{institution_id}",
            wallet_url=wallet_url,
            key_rules=KeyRules(
                attesters,
                attestation_required,
                institution.batch.size,
                institution.batch.attestation_required,
            ),
            keys=certified,
            card_signer=certified_signer(certified.current, typ=sd_jwt.TYP),
            list_signer=certified_signer(certified.current, typ=status_list.TYP),
            metadata_signer=certified_signer(certified.current, typ=METADATA_TYP),
        )
    return tenants
