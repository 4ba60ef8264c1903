"""The key ceremony: makes all key files of production, each with mode 0600, and keeps those that are there.

The authority that vouches for the issuers' keys lies in a folder of its own, to be taken off line.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from servicekit.institutions import InstitutionsError, load_institutions
from servicekit.issuers import issuer_addresses
from servicekit.key_files import key_file, read
from servicekit.new_keys import AUTHORITY, create_keys


class NotMade(ValueError):
    """Why nothing was made, and the cure."""


def make_keys(directory: Path, authority: Path, issuers: Mapping[str, str]) -> list[str]:
    """The names of the files that were made; for an institution that is new, only its own is missing.

    `issuers`: the credential issuer's URL of each institution.
    """
    if authority.resolve().is_relative_to(directory.resolve()):
        raise NotMade("the authority needs a folder outside of the keys: services must never read it")
    before = _files(directory)
    _refuse_development([*before, *_files(authority)])
    create_keys(directory, key_file(authority, AUTHORITY), issuers, development=False)
    return sorted(path.relative_to(directory).as_posix() for path in _files(directory) - before)


def _files(directory: Path) -> set[Path]:
    return set(directory.rglob("*.json"))


def _issuers(issuer_url: str, folder: Path, wanted: Sequence[str]) -> dict[str, str]:
    """Their files have to be there: what a certificate names cannot be another address later."""
    _refuse_plain_http(issuer_url)
    addresses = issuer_addresses(load_institutions(folder), issuer_url)
    if missing := [name for name in wanted if name not in addresses]:
        raise NotMade(
            f"{folder} has no file for {', '.join(missing)}: write it first, or name its folder (--files)"
        )
    return {name: addresses[name] for name in wanted}


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
    where = "the folder of their files, which may give them an address of their own (institutions)"
    parser.add_argument("--files", type=Path, default=Path("institutions"), help=where)
    parser.add_argument("institutions", nargs="+", help="their ids, as umcs")
    options = parser.parse_args(arguments)
    try:
        issuers = _issuers(options.issuer, options.files, options.institutions)
        made = make_keys(options.directory, options.authority, issuers)
    except (NotMade, InstitutionsError) as error:
        sys.stderr.write(f"nothing was made: {error}\n")
        return 1
    sys.stdout.write("".join(f"made {name}\n" for name in made) or "nothing was missing\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
