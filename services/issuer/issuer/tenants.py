"""One credential issuer per institution: its addresses and the keys that sign in its name."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509

from issuer import sd_jwt, status_list
from issuer.es256 import Signer, certified_signer
from issuer.key_rules import KeyRules
from servicekit.institutions import Institution
from servicekit.issuers import issuer_path
from servicekit.keys import CertifiedKeys, Keys, KeyUnavailable

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

    def address_of(self, path: str) -> str:
        """Where the world finds a path of ours: proofs are made for it, whatever a gateway has made of it."""
        return self.url + path.removeprefix(issuer_path(self.institution.id))

    def status_list_url(self, number: int) -> str:
        return f"{self.status_lists_url}/{number}"


def open_tenants(
    institutions: Mapping[str, Institution],
    keys: Keys,
    *,
    addresses: Mapping[str, str],
    wallet_url: str,
    attesters: Sequence[x509.Certificate] = (),
    attestation_required: bool = False,
) -> dict[str, Tenant]:
    """Raises `KeyUnavailable` for an institution without a signing key, or with one for another address.

    `addresses`: the issuer's of each institution.
    """
    tenants = {}
    for institution_id, institution in institutions.items():
        url = addresses[institution_id]
        certified = keys.certified(f"issuer/signing/{institution_id}")
        _refuse_other_address(institution_id, url, certified)
        tenants[institution_id] = Tenant(
            institution=institution,
            url=url,
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


def _refuse_other_address(institution_id: str, url: str, certified: CertifiedKeys) -> None:
    """Cards name the address that they were issued under, for good: it is chosen before the first of them."""
    for key in certified.all:
        named = _addresses_in(key.x5c[0])
        if named and url not in named:
            raise KeyUnavailable(
                f"the issuer of {institution_id} is {url}, but its key {key.signing.kid} is certified for "
                f"{named[0]}: put that address back (issuer_url in its file, or ISSUER_PUBLIC_URL); "
                "if it has issued no card yet, make its key anew (docs/keys.md)"
            )


def _addresses_in(leaf: str) -> list[str]:
    """None in a certificate of somebody who names issuers in another way."""
    certificate = x509.load_der_x509_certificate(base64.b64decode(leaf))
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.UniformResourceIdentifier)
