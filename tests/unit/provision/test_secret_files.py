"""Random secrets: made once, kept, and given to their owners alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from provision.owners import OWNERS_OF_FILES, Owner
from provision.secret_files import Wanted, hand_over, provision_secrets

ISSUERS = {each: f"http://localhost:8002/t/{each}" for each in ("pwr", "umcs")}
WANTED = Wanted(ISSUERS, "postgres:5432", "localhost")


class Given(dict[Path, int]):
    """Whose each path was made last; changing owners takes rights that a test may lack."""

    def __call__(self, path: Path, user: int) -> None:
        self[path] = user


@pytest.fixture
def given() -> Given:
    return Given()


def start(folder: Path, given: Given, wanted: Wanted = WANTED) -> dict[str, bytes]:
    """All files of all owners after one start."""
    provision_secrets(folder / "vault", folder / "owners", wanted, given)
    owners = folder / "owners"
    return {
        str(file.relative_to(owners)): file.read_bytes() for file in owners.rglob("*") if not file.is_dir()
    }


def test_a_later_start_keeps_every_secret(tmp_path: Path, given: Given) -> None:
    first = start(tmp_path, given)

    assert start(tmp_path, given) == first


def test_two_installations_share_no_secret(tmp_path: Path, given: Given) -> None:
    one, other = start(tmp_path / "one", given), start(tmp_path / "other", given)

    assert one.keys() == other.keys()
    assert set(one.values()).isdisjoint(other.values())


def test_files_can_be_read_by_their_owner_alone(tmp_path: Path, given: Given) -> None:
    files = start(tmp_path, given)

    owners = tmp_path / "owners"
    assert {(owners / name).stat().st_mode & 0o777 for name in files} == {0o400}
    assert {path.stat().st_mode & 0o777 for path in owners.iterdir()} == {0o500}


def test_each_file_is_made_its_owners(tmp_path: Path, given: Given) -> None:
    files = start(tmp_path, given)

    owners = tmp_path / "owners"
    assert {path.name for path in owners.iterdir()} == set(OWNERS_OF_FILES)
    users = {name: {given[owners / file] for file in files if file.startswith(f"{name}/")} for name in USERS}
    assert users == {name: {user} for name, user in USERS.items()}


USERS = {"postgres": 999, "kafka": 1000, "gateway": 101, "issuer": 10001, "topics": 10001}


def test_an_owner_whose_files_were_lost_is_given_the_same_again(tmp_path: Path, given: Given) -> None:
    first = start(tmp_path, given)
    (tmp_path / "owners/wallet/database-url").unlink()

    assert start(tmp_path, given) == first


def test_what_an_owner_should_not_have_is_taken_away(tmp_path: Path, given: Given) -> None:
    hand_over(Owner("wallet", 1, {"old": b"1", "keys/kept": b"2"}), tmp_path / "wallet", given)
    hand_over(Owner("wallet", 1, {"keys/kept": b"2"}), tmp_path / "wallet", given)

    assert [path.name for path in (tmp_path / "wallet").rglob("*") if not path.is_dir()] == ["kept"]


def test_the_issuers_certificates_follow_its_address(tmp_path: Path, given: Given) -> None:
    key = "issuer/keys/issuer/signing/umcs.json"
    before = start(tmp_path, given)

    after = start(tmp_path, given, replace(WANTED, issuers={"umcs": "https://192.0.2.7:8442/t/umcs"}))

    assert before[key] != after[key]
    assert b"192.0.2.7" in after[key]


def test_the_gateways_certificate_follows_its_host_and_keeps_its_authority(
    tmp_path: Path, given: Given
) -> None:
    before = start(tmp_path, given)

    after = start(tmp_path, given, replace(WANTED, tls_host="192.0.2.7"))

    certificate = x509.load_pem_x509_certificate(after["gateway/certificate.pem"])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert before["gateway/authority.pem"] == after["gateway/authority.pem"]
    authority = x509.load_pem_x509_certificate(after["gateway/authority.pem"])
    certificate.verify_directly_issued_by(authority)
