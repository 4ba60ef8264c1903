"""Rotates a key of a ring or a signing file in three steps, each rolled out to all replicas before the next.

`add` lets every reader know the coming key, `use` makes it the one for new things, `forget` drops an old one.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from servicekit.key_files import Document, key_file, read, write_private
from servicekit.keys import KeyUnavailable
from servicekit.new_keys import new_jwk, new_ring_key

KINDS: dict[str, tuple[str, Any]] = {"ring": ("id", new_ring_key), "signing": ("kid", new_jwk)}


class NotRotated(ValueError):
    """Why the file was left as it is, and the cure."""


def add(document: Document) -> tuple[Document, str]:
    """The new key stands last; the current one stays current."""
    name, make = _kind(document)
    key = make()
    return document | {"keys": [*document["keys"], key]}, key[name]


def use(document: Document, key_id: str) -> Document:
    _known(document, key_id)
    return document | {"current": key_id}


def forget(document: Document, key_id: str) -> Document:
    name = _known(document, key_id)
    if key_id == document["current"]:
        raise NotRotated(f"{key_id} is the current key; let another one be used first")
    return document | {"keys": [key for key in document["keys"] if key[name] != key_id]}


def _known(document: Document, key_id: str) -> str:
    name, _make = _kind(document)
    ids = [key[name] for key in document["keys"]]
    if key_id not in ids:
        raise NotRotated(f"no key {key_id} in this file; it holds {', '.join(ids)}")
    return name


def _kind(document: Document) -> tuple[str, Any]:
    kind = document.get("kind")
    if kind not in KINDS:
        raise NotRotated(
            f"a file of the kind {kind} is not rotated here; only those of the kinds ring and signing"
        )
    return KINDS[kind]


def rotate(directory: Path, name: str, step: str, key_id: str | None = None) -> str:
    """Takes one step in the file and tells it in a line that holds ids and no secret."""
    path = key_file(directory, name)
    try:
        document = read(path)
    except (OSError, ValueError):
        raise KeyUnavailable(f"cannot read key file {path}; check the folder and the name") from None
    if step == "add":
        document, key_id = add(document)
    else:
        document = {"use": use, "forget": forget}[step](document, key_id or "")
    write_private(path, document)
    return f"{name}: {step} {key_id}; roll the file out to every service that reads it before the next step"


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="python -m servicekit.rotate_key", description=__doc__)
    parser.add_argument("step", choices=["add", "use", "forget"])
    parser.add_argument("directory", type=Path, help="the folder of the key files")
    parser.add_argument("name", help="the file below it, without .json, as in sealing/holder")
    parser.add_argument("key_id", nargs="?", help="which key to use or forget")
    # Every 64th thumbprint begins with a dash, and is no option.
    wants_help = arguments[:1] in (["-h"], ["--help"])
    options = parser.parse_args(arguments if wants_help else ["--", *arguments])
    if (options.step == "add") == bool(options.key_id):
        parser.error("use and forget need the id of a key, add makes one")
    try:
        told = rotate(options.directory, options.name, options.step, options.key_id)
    except (NotRotated, KeyUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
