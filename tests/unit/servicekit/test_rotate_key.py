import stat
from base64 import b64decode
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import pytest
from cryptography import x509

from servicekit.key_files import read
from servicekit.keys import KeyRing, Keys, SigningKeys, UnknownKey, create_development_keys, key_file
from servicekit.new_keys import root_of
from servicekit.rotate_key import main

RING, SIGNING, CERTIFIED = "ordering/sessions", "wallet/token", "issuer/signing/umcs"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    create_development_keys(tmp_path, {"umcs": "http://localhost:8002/t/umcs"})
    return tmp_path


def step(directory: Path, word: str, name: str, *key_id: str) -> int:
    return main([word, str(directory), name, *key_id])


def rotation_of_ring(directory: Path) -> Iterator[KeyRing]:
    old = Keys(directory).ring(RING)
    yield old
    step(directory, "add", RING)
    both = Keys(directory).ring(RING)
    yield both
    (coming,) = both.keys.keys() - old.keys.keys()
    step(directory, "use", RING, coming)
    yield Keys(directory).ring(RING)


def test_replicas_one_step_apart_read_what_the_other_wrote(directory: Path) -> None:
    rings = list(rotation_of_ring(directory))

    for earlier, later in pairwise(rings):
        for writer, reader in product((earlier, later), repeat=2):
            assert reader.secret(writer.current.id) == writer.current.secret


def test_the_new_key_is_current_and_the_old_one_still_opens(directory: Path) -> None:
    old, _both, new = rotation_of_ring(directory)

    assert new.current.id != old.current.id
    assert new.secrets() == [new.current.secret, old.current.secret]


def test_a_forgotten_key_opens_nothing(directory: Path) -> None:
    old, *_ = rotation_of_ring(directory)

    assert step(directory, "forget", RING, old.current.id) == 0

    with pytest.raises(UnknownKey):
        Keys(directory).ring(RING).secret(old.current.id)


def test_a_coming_signing_key_is_published_before_it_signs(directory: Path) -> None:
    before = Keys(directory).signing_keys(SIGNING)

    step(directory, "add", SIGNING)

    after = Keys(directory).signing_keys(SIGNING)
    (coming,) = published(after) - published(before)
    assert after.current.kid == before.current.kid
    step(directory, "use", SIGNING, coming)
    assert Keys(directory).signing_keys(SIGNING).current.kid == coming
    assert published(Keys(directory).signing_keys(SIGNING)) == {before.current.kid, coming}


def test_the_next_key_of_an_issuer_has_a_certificate_of_the_same_authority(directory: Path) -> None:
    before = Keys(directory).certified(CERTIFIED)

    assert step(directory, "add", CERTIFIED, str(directory)) == 0

    added = Keys(directory).certified(CERTIFIED)
    (coming,) = [key for key in added.all if key.signing.kid != before.current.signing.kid]
    assert added.current == before.current
    leaf = x509.load_der_x509_certificate(b64decode(coming.x5c[0]))
    leaf.verify_directly_issued_by(root_of(read(key_file(directory, "issuer/authority"))))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["http://localhost:8002/t/umcs"]
    assert leaf.public_key() == coming.signing.key.public_key
    assert step(directory, "use", CERTIFIED, coming.signing.kid) == 0
    assert Keys(directory).certified(CERTIFIED).current.signing.kid == coming.signing.kid


def test_without_the_authority_an_issuer_gets_no_key(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(directory)

    assert step(directory, "add", CERTIFIED) == 1

    assert "folder of its authority" in capsys.readouterr().err
    assert contents(directory) == before


def published(keys: SigningKeys) -> set[str]:
    return {jwk["kid"] for jwk in keys.public_jwks()["keys"]}


def test_a_rotated_file_is_for_its_owner_only(directory: Path) -> None:
    step(directory, "add", RING)

    assert stat.S_IMODE(key_file(directory, RING).stat().st_mode) == 0o600


def test_no_secret_is_told(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step(directory, "add", RING)

    told = capsys.readouterr().out
    text = key_file(directory, RING).read_text()
    assert Keys(directory).ring(RING).keys.keys() & set(told.replace(";", "").split())
    assert not [line for line in text.splitlines() if '"secret"' in line and line.split('"')[3] in told]


@pytest.mark.parametrize(
    ("word", "name", "key_id", "why"),
    [
        ("forget", RING, "current", "current key"),
        ("forget", RING, "00000000", "no key 00000000"),
        ("forget", "sealing/holder", "00000000", "never forgotten"),
        ("use", RING, "00000000", "no key 00000000"),
        ("use", CERTIFIED, "x", "no key x"),
        ("add", CERTIFIED, "/nowhere", "cannot read key file /nowhere"),
        ("use", "issuer/authority", "x", "no key x"),
        ("use", "ordering/nothing", "x", "cannot read key file"),
    ],
)
def test_a_step_that_would_lose_a_key_changes_nothing_and_says_why(
    directory: Path, capsys: pytest.CaptureFixture[str], word: str, name: str, key_id: str, why: str
) -> None:
    before = contents(directory)
    wanted = Keys(directory).ring(RING).current.id if key_id == "current" else key_id

    assert step(directory, word, name, wanted) == 1

    assert why in capsys.readouterr().err
    assert contents(directory) == before


def contents(directory: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in directory.rglob("*.json")}


def test_an_id_that_begins_with_a_dash_is_an_id(directory: Path) -> None:
    path = key_file(directory, RING)
    path.write_text(path.read_text().replace(Keys(directory).ring(RING).current.id, "-h"))
    step(directory, "add", RING)
    (coming,) = Keys(directory).ring(RING).keys.keys() - {"-h"}

    assert step(directory, "use", RING, coming) == 0
    assert step(directory, "use", RING, "-h") == 0

    assert Keys(directory).ring(RING).current.id == "-h"


def test_help_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert "forget" in capsys.readouterr().out
