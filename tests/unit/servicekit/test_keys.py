import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from servicekit.keys import KeyRing, Keys, KeyUnavailable, UnknownKey, create_development_keys, key_file
from servicekit.new_keys import RINGS, SIGNING

ISSUER = "http://localhost:8002"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    create_development_keys(tmp_path, {"umcs": f"{ISSUER}/t/umcs"})
    return tmp_path


def contents(directory: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in directory.rglob("*") if path.is_file()}


def leaf_and_authority(directory: Path) -> tuple[x509.Certificate, x509.Certificate]:
    chain = Keys(directory).certified("issuer/signing/umcs").current.x5c
    assert len(chain) == 1
    authority = json.loads(key_file(directory, "issuer/authority").read_text())["certificate"]
    return x509.load_der_x509_certificate(base64.b64decode(chain[0])), x509.load_pem_x509_certificate(
        authority.encode()
    )


def test_only_the_owner_can_read_key_files(directory: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.rglob("*") if path.is_file()}

    assert modes == {0o600}


def test_creating_keys_again_changes_nothing(directory: Path) -> None:
    before = contents(directory)

    create_development_keys(directory, {"umcs": f"{ISSUER}/t/umcs"})

    assert contents(directory) == before


def test_processes_that_create_keys_at_once_end_with_the_same_keys(tmp_path: Path) -> None:
    def create(_attempt: int) -> str:
        create_development_keys(tmp_path, {"umcs": f"{ISSUER}/t/umcs"})
        return Keys(tmp_path).ring("sealing/holder").current.id

    with ThreadPoolExecutor(4) as threads:
        seen = set(threads.map(create, range(8)))

    assert len(seen) == 1
    assert not list(tmp_path.rglob(".*"))


def test_production_refuses_keys_made_for_development(directory: Path) -> None:
    keys = Keys(directory, production=True)
    named = [*((keys.ring, name) for name in RINGS), *((keys.signing_keys, name) for name in SIGNING)]

    for read, name in (*named, (keys.certified, "issuer/signing/umcs")):
        with pytest.raises(KeyUnavailable, match=rf"{name}\.json was made for development"):
            read(name)


def test_a_variable_stands_for_a_file(directory: Path) -> None:
    path = key_file(directory, "shared/offer-mac")
    variables = {"KEY_SHARED_OFFER_MAC": path.read_text()}
    secret = Keys(directory, variables={}).ring("shared/offer-mac").current.secret
    path.unlink()

    assert Keys(directory, variables=variables).ring("shared/offer-mac").current.secret == secret
    with pytest.raises(KeyUnavailable, match="KEY_SHARED_OFFER_MAC was made for development"):
        Keys(directory, production=True, variables=variables).ring("shared/offer-mac")
    with pytest.raises(KeyUnavailable, match="give it as KEY_SHARED_OFFER_MAC"):
        Keys(directory, variables={}).ring("shared/offer-mac")


def test_production_takes_keys_of_its_own(directory: Path) -> None:
    path = key_file(directory, "sealing/holder")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"development": False}))

    assert len(Keys(directory, production=True).ring("sealing/holder").current.secret) == 32


@pytest.mark.parametrize("text", [None, "not json", "[]", '{"kind": "signing"}'])
def test_a_key_file_that_cannot_serve_is_named(directory: Path, text: str | None) -> None:
    path = key_file(directory, "sealing/holder")
    path.unlink() if text is None else path.write_text(text)

    with pytest.raises(KeyUnavailable, match=r"sealing/holder\.json"):
        Keys(directory).ring("sealing/holder")


def test_secrets_do_not_show_in_reprs(directory: Path) -> None:
    ring = Keys(directory).ring("sealing/holder")
    signing = Keys(directory).signing_keys("wallet/token")

    assert repr(ring.current.secret) not in repr(ring)
    assert "'d'" not in repr(signing)


def test_published_keys_are_public_and_named_by_thumbprint(directory: Path) -> None:
    keys = Keys(directory).signing_keys("wallet/token")

    (jwk,) = keys.public_jwks()["keys"]

    assert "d" not in jwk
    assert (jwk["kid"], jwk["alg"], jwk["use"]) == (keys.current.key.thumbprint(), "ES256", "sig")


def test_a_ring_knows_its_old_keys_and_says_which_it_lacks() -> None:
    old, new = KeyRing.single("old", b"o" * 32).current, KeyRing.single("new", b"n" * 32).current
    ring = KeyRing(new, {"old": old, "new": new})

    assert ring.secret("old") == b"o" * 32
    assert ring.secrets() == [b"n" * 32, b"o" * 32]
    with pytest.raises(UnknownKey):
        ring.secret("lost")


def test_the_issuers_leaf_names_its_url_and_is_signed_by_the_authority(directory: Path) -> None:
    leaf, authority = leaf_and_authority(directory)

    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"{ISSUER}/t/umcs"]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    leaf.verify_directly_issued_by(authority)


def test_the_leaf_certifies_the_key_that_signs(directory: Path) -> None:
    leaf, _ = leaf_and_authority(directory)
    key = Keys(directory).certified("issuer/signing/umcs").current.signing.key

    certified = leaf.public_key()
    assert isinstance(certified, ec.EllipticCurvePublicKey)
    assert certified.public_numbers() == key.public_key.public_numbers()


def test_another_issuer_url_gets_a_new_certificate_for_the_same_key(directory: Path) -> None:
    before = Keys(directory).certified("issuer/signing/umcs").current.signing.kid

    create_development_keys(directory, {"umcs": "http://localhost:9002/t/umcs"})

    leaf, _ = leaf_and_authority(directory)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["http://localhost:9002/t/umcs"]
    assert Keys(directory).certified("issuer/signing/umcs").current.signing.kid == before


def test_certificates_that_are_not_for_development_are_left_alone(directory: Path) -> None:
    path = key_file(directory, "issuer/signing/umcs")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"development": False}))
    before = path.read_text()

    create_development_keys(directory, {"umcs": "http://localhost:9002/t/umcs"})

    assert path.read_text() == before
