"""Cards outlive the key that signed them: it stays published as long as the file holds it."""

from pathlib import Path

import pytest
from joserfc import jws
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from issuer.metadata import issuer_keys
from issuer.tenants import Tenant, open_tenants
from servicekit.institutions import load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.keys import Keys, create_development_keys
from servicekit.rotate_key import rotate

URL = "https://issuer.example.pl"
NAME = "issuer/signing/umcs"
INSTITUTIONS = Path(__file__).parents[3] / "institutions"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    create_development_keys(tmp_path, issuer_addresses(load_institutions(INSTITUTIONS), URL))
    return tmp_path


def umcs(directory: Path) -> Tenant:
    """As a replica knows it that starts now."""
    institutions = load_institutions(INSTITUTIONS)
    addresses = issuer_addresses(institutions, URL)
    return open_tenants(institutions, Keys(directory), addresses=addresses, wallet_url=URL)["umcs"]


class WithChain(jws.JWSRegistry):
    """A header with a certificate is longer than most."""

    max_header_length = 4096


def check(token: str, tenant: Tenant) -> None:
    keys = KeySet.import_key_set(issuer_keys(tenant)["jwks"])
    jws.deserialize_compact(token, keys, registry=WithChain(algorithms=["ES256"]))


def kids(tenant: Tenant) -> list[str]:
    return [key.signing.kid for key in tenant.keys.all]


def test_whatever_any_replica_signs_any_other_has_published_at_every_step(directory: Path) -> None:
    replicas = [umcs(directory)]
    rotate(directory, NAME, "add", str(directory))
    replicas.append(umcs(directory))
    rotate(directory, NAME, "use", kids(replicas[1])[-1])
    replicas.append(umcs(directory))

    signed = [replica.card_signer.sign({"iss": URL}) for replica in replicas]

    for earlier, later in ((0, 1), (1, 0), (1, 2), (2, 1)):
        check(signed[earlier], replicas[later])
    assert {each.split(".")[0] for each in signed[:2]} != {signed[2].split(".")[0]}


def test_a_card_of_the_old_key_is_checked_until_the_key_is_forgotten(directory: Path) -> None:
    before = umcs(directory)
    card = before.card_signer.sign({"iss": URL})
    rotate(directory, NAME, "add", str(directory))
    rotate(directory, NAME, "use", kids(umcs(directory))[-1])

    check(card, umcs(directory))
    rotate(directory, NAME, "forget", kids(before)[0])

    with pytest.raises(InvalidKeyIdError):
        check(card, umcs(directory))
