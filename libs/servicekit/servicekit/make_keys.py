"""The key ceremony: makes all key files of production, each with mode 0600, and keeps those that are there.

The authority that vouches for the issuers' keys lies in a folder of its own, to be taken off line.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from servicekit.key_files import key_file, read
from servicekit.new_keys import AUTHORITY, create_keys


class NotMade(ValueError):
    """Why nothing was made, and the cure."""


def make_keys(directory: Path, authority: Path, *, issuer_url: str, institutions: Sequence[str]) -> list[str]:
    """The names of the files that were made; for an institution that is new, only its own is missing."""
    _refuse_plain_http(issuer_url)
    if authority.resolve().is_relative_to(directory.resolve()):
        raise NotMade("the authority needs a folder outside of the keys: services must never read it")
    before = _files(directory)
    _refuse_development([*before, *_files(authority)])
    issuers = {institution: f"{issuer_url}/t/{institution}" for institution in institutions}
    create_keys(directory, key_file(authority, AUTHORITY), issuers, development=False)
    return sorted(path.relative_to(directory).as_posix() for path in _files(directory) - before)


def _files(directory: Path) -> set[Path]:
    return set(directory.rglob("*.json"))


def _refuse_plain_http(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise NotMade(f"{url} cannot be the issuer's address: it is https, with a host and without a path")


def _refuse_development(paths: Sequence[Path]) -> None:
    for path in sorted(paths):
        if read(path).get("development"):
            raise NotMade(f"{path} was made for development; choose an empty folder")


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="python -m servicekit.make_keys", description=__doc__)
    parser.add_argument("directory", type=Path, help="the folder of the key files")
    parser.add_argument("--authority", type=Path, required=True, help="a folder that no service reads")
    parser.add_argument("--issuer", required=True, help="ISSUER_PUBLIC_URL, as https://issuer.example.pl")
    parser.add_argument("institutions", nargs="+", help="their ids, as umcs")
    options = parser.parse_args(arguments)
    try:
        made = make_keys(
            options.directory,
            options.authority,
            issuer_url=options.issuer,
            institutions=options.institutions,
        )
    except NotMade as error:
        sys.stderr.write(f"nothing was made: {error}\n")
        return 1
    sys.stdout.write("".join(f"made {name}\n" for name in made) or "nothing was missing\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
