"""Rotates a key in three steps, each rolled out to all replicas before the next.

`add` lets every reader know the coming key, `use` makes it the one for new things, `forget` drops an old one.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from servicekit.key_files import Document, key_file, read, write_private
from servicekit.keys import KeyUnavailable
from servicekit.new_keys import AUTHORITY, new_certified_key, new_jwk, new_ring_key

IN_EVENTS = "sealing/"  # what these seal lies in the log, as it was published


class NotRotated(ValueError):
    """Why the file was left as it is, and the cure."""


def add(document: Document, authority: Document | None = None) -> tuple[Document, str]:
    """The new key stands last; the current one stays current. `authority` vouches for a certified one."""
    match document.get("kind"):
        case "ring":
            key = new_ring_key()
        case "signing":
            key = new_jwk()
        case "certified" if authority and "url" in document:
            key = new_certified_key(authority, document["url"])
        case "certified":
            raise NotRotated(
                "a key with a certificate needs the folder of its authority, as the last argument; "
                "where somebody else certifies, add the pair to the file by hand"
            )
        case kind:
            raise NotRotated(f"a file of the kind {kind} is not rotated here")
    return document | {"keys": [*document["keys"], key]}, _id_of(key)


def use(document: Document, key_id: str) -> Document:
    _check_known(document, key_id)
    return document | {"current": key_id}


def forget(document: Document, key_id: str) -> Document:
    _check_known(document, key_id)
    if key_id == document["current"]:
        raise NotRotated(f"{key_id} is the current key; let another one be used first")
    return document | {"keys": [key for key in document["keys"] if _id_of(key) != key_id]}


def _check_known(document: Document, key_id: str) -> None:
    ids = [_id_of(key) for key in document.get("keys", [])]
    if key_id not in ids:
        raise NotRotated(f"no key {key_id} in this file; it holds {', '.join(ids)}")


def _id_of(key: Document) -> str:
    named = key.get("jwk", key)
    return str(named.get("kid") or named["id"])


def rotate(directory: Path, name: str, step: str, argument: str | None = None) -> str:
    """Takes one step in the file and tells it in a line that holds ids and no secret.

    `argument` is a key's id; of `add` for a certified key, the folder of the authority.
    """
    path = key_file(directory, name)
    document = _read(path)
    if step == "forget" and name.startswith(IN_EVENTS):
        raise NotRotated(f"keys of {name} are never forgotten: events sealed by them are kept and sent again")
    if step == "add":
        authority = _read(key_file(Path(argument), AUTHORITY)) if argument else None
        document, key_id = add(document, authority)
    else:
        key_id = argument or ""
        document = {"use": use, "forget": forget}[step](document, key_id)
    write_private(path, document)
    return f"{name}: {step} {key_id}; roll the file out to every service that reads it before the next step"


def _read(path: Path) -> Document:
    try:
        return read(path)
    except (OSError, ValueError):
        raise KeyUnavailable(f"cannot read key file {path}; check the folder and the name") from None


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="python -m servicekit.rotate_key", description=__doc__)
    parser.add_argument("step", choices=["add", "use", "forget"])
    parser.add_argument("directory", type=Path, help="the folder of the key files")
    parser.add_argument("name", help="the file below it, without .json, as in sealing/holder")
    help_of_last = "which key to use or forget; for add in issuer/signing: the folder of the authority"
    parser.add_argument("argument", nargs="?", help=help_of_last)
    # Every 64th thumbprint begins with a dash, and is no option.
    wants_help = arguments[:1] in (["-h"], ["--help"])
    options = parser.parse_args(arguments if wants_help else ["--", *arguments])
    if options.step != "add" and not options.argument:
        parser.error("use and forget need the id of a key, add makes one")
    try:
        told = rotate(options.directory, options.name, options.step, options.argument)
    except (NotRotated, KeyUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
