"""Makes random secrets once, keeps them, and gives each owner its own: files that nobody else can read."""

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from provision.certificates import keep_certificate
from provision.owners import GATEWAY_USER, Owner, passwords_needed, servers, services
from servicekit.keys import create_development_keys

GiveTo = Callable[[Path, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the secrets are made for."""

    issuers: Mapping[str, str]  # the address of each institution's
    database_host: str
    tls_host: str


def provision_secrets(vault: Path, owners: Path, wanted: Wanted, give_to: GiveTo) -> list[str]:
    """Whatever the vault holds is kept, whatever it lacks is made; owners get exactly what is theirs."""
    vault.mkdir(parents=True, exist_ok=True)
    vault.chmod(0o700)
    kept = len(list(vault.rglob("*")))
    all_owners = _owners(vault, wanted)
    for owner in all_owners:
        hand_over(owner, owners / owner.name, give_to)
    return [f"{owner.name}: {len(owner.files)} files" for owner in all_owners] + [
        "secrets of earlier starts were kept" if kept else "new secrets were made"
    ]


def _owners(vault: Path, wanted: Wanted) -> list[Owner]:
    random = {name: _keep(vault / "random" / name) for name in passwords_needed()}
    keys = vault / "keys"
    create_development_keys(keys, wanted.issuers)
    found = {str(file.relative_to(keys))[: -len(".json")]: file.read_bytes() for file in keys.rglob("*.json")}
    gateway = Owner("gateway", GATEWAY_USER, keep_certificate(vault / "tls", wanted.tls_host))
    return [*servers(random), *services(random, found, wanted.database_host), gateway]


def _keep(file: Path) -> str:
    """URL-safe, so that it can stand in a database URL as it is."""
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32).encode())
    return file.read_text()


def hand_over(owner: Owner, folder: Path, give_to: GiveTo) -> None:
    """The folder holds exactly the owner's files afterwards; those that are right are not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in _files(folder):
        if str(file.relative_to(folder)) not in owner.files:
            file.unlink()
    for name, content in owner.files.items():
        file = folder / name
        if not file.exists() or file.read_bytes() != content:
            write_private(file, content)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)
        give_to(path, owner.user)


def _files(folder: Path) -> Iterable[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


def write_private(file: Path, content: bytes) -> None:
    """Whole or not at all, and readable by nobody else from the first byte."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
