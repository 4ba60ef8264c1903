"""The key ceremony, as an operator goes about it."""

import base64
import json
import stat
from pathlib import Path

import pytest
from cryptography import x509

from servicekit.keys import Keys, create_development_keys, key_file
from servicekit.make_keys import main
from tests.own_address import OWN_ADDRESS, institutions_in

ISSUER = "https://issuer.example.pl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return tmp_path / "authority"


def make(folder: Path, authority: Path, *institutions: str, issuer: str = ISSUER) -> int:
    return main([str(folder), "--authority", str(authority), "--issuer", issuer, *institutions])


def contents(*folders: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_production_starts_with_what_was_made(folder: Path, authority: Path) -> None:
    assert make(folder, authority, "umcs", "pwr") == 0

    keys = Keys(folder, production=True)
    assert keys.ring("sealing/holder").current.id
    assert keys.signing_keys("wallet/token").current.kid
    assert (
        keys.certified("issuer/signing/umcs").current.x5c != keys.certified("issuer/signing/pwr").current.x5c
    )


def test_the_same_files_are_made_as_for_development(folder: Path, authority: Path, tmp_path: Path) -> None:
    make(folder, authority, "umcs")
    create_development_keys(tmp_path / "development", {"umcs": f"{ISSUER}/t/umcs"})

    made = {path.relative_to(folder) for path in contents(folder)}

    developed = {path.relative_to(tmp_path / "development") for path in contents(tmp_path / "development")}
    assert made == developed - {Path("issuer/authority.json")}


def test_the_certificate_names_the_issuer_and_comes_from_the_authority(folder: Path, authority: Path) -> None:
    make(folder, authority, "umcs")

    [leaf] = Keys(folder).certified("issuer/signing/umcs").current.x5c
    certificate = x509.load_der_x509_certificate(base64.b64decode(leaf))
    root = json.loads(key_file(authority, "issuer/authority").read_text())["certificate"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(root.encode()))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"{ISSUER}/t/umcs"]
    assert "development" not in certificate.subject.rfc4514_string() + certificate.issuer.rfc4514_string()


def test_an_institution_with_an_address_of_its_own_is_certified_for_it(
    folder: Path, authority: Path, tmp_path: Path
) -> None:
    files = institutions_in(tmp_path / "institutions")

    make(folder, authority, "--files", str(files), "umcs", "pwr")

    certified = [
        json.loads(key_file(folder, f"issuer/signing/{each}").read_text()) for each in ("umcs", "pwr")
    ]
    assert [document["url"] for document in certified] == [f"{ISSUER}/t/umcs", OWN_ADDRESS]


def test_an_institution_without_a_file_gets_no_key(
    folder: Path, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(folder, authority, "umcs", "uw") == 1

    assert "institutions has no file for uw: write it first" in capsys.readouterr().err
    assert not contents(folder, authority)


def test_only_their_owner_reads_them(folder: Path, authority: Path) -> None:
    make(folder, authority, "umcs")

    assert {stat.S_IMODE(path.stat().st_mode) for path in contents(folder, authority)} == {0o600}


def test_a_new_institution_changes_nothing_of_the_others(
    folder: Path, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(folder, authority, "umcs")
    before = contents(folder, authority)
    capsys.readouterr()

    make(folder, authority, "umcs", "pwr")

    assert capsys.readouterr().out == "made issuer/signing/pwr.json\n"
    assert before.items() <= contents(folder, authority).items()


def test_no_secret_is_told(folder: Path, authority: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(folder, authority, "umcs")

    told = capsys.readouterr().out
    secret = json.loads(key_file(folder, "sealing/holder").read_text())["keys"][0]["secret"]
    assert "made sealing/holder.json\n" in told
    assert secret not in told


@pytest.mark.parametrize(
    "issuer",
    ["http://issuer.example.pl", "https://", "https://issuer.example.pl/t/umcs", "issuer.example.pl"],
)
def test_an_address_that_wallets_would_refuse_makes_nothing(
    issuer: str, folder: Path, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(folder, authority, "umcs", issuer=issuer) == 1

    assert "https, with a host and without a path" in capsys.readouterr().err
    assert not contents(folder, authority)


def test_the_authority_never_lies_among_the_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make(folder, folder / "authority", "umcs") == 1

    assert "outside of the keys" in capsys.readouterr().err
    assert not contents(folder)


def test_keys_of_development_are_not_added_to(
    folder: Path, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_development_keys(folder, {"umcs": "http://localhost:8002/t/umcs"})
    before = contents(folder)

    assert make(folder, authority, "umcs", "pwr") == 1

    assert "was made for development" in capsys.readouterr().err
    assert contents(folder, authority) == before
