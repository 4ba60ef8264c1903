"""`python -m provision secrets | databases | kafka`: each may run again, and mends what differs."""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from confluent_kafka import KafkaException

from contracts.catalogue import SERVICES
from provision.databases import DatabaseTrouble, provision_databases
from provision.kafka import Cluster, KafkaTrouble, provision_kafka
from provision.secret_files import Wanted, provision_secrets
from servicekit.institutions import InstitutionsError, load_institutions
from servicekit.issuers import issuer_addresses


class Trouble(Exception):
    """What is wrong with the call itself."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        for line in COMMANDS[options.command](options):
            print(line, flush=True)
    except (Trouble, DatabaseTrouble, KafkaTrouble) as trouble:
        return _say(str(trouble))
    except KafkaException as error:
        return _say(f"Kafka refused: {error.args[0].str()}")
    except OSError as error:
        return _say(f"{error.filename}: {error.strerror}")
    return 0


def _say(text: str) -> int:
    print(f"provision: {text}", file=sys.stderr)
    return 1


def _secrets(options: argparse.Namespace) -> list[str]:
    try:
        issuers = issuer_addresses(load_institutions(options.institutions), options.issuer_url.rstrip("/"))
    except InstitutionsError as error:
        raise Trouble(str(error)) from None
    wanted = Wanted(issuers, options.database_host, options.tls_host)
    return provision_secrets(options.vault, options.owners, wanted, _give_to)


def _give_to(path: Path, user: int) -> None:
    os.chown(path, user, user)


def _databases(options: argparse.Namespace) -> list[str]:
    superuser = quote(_read(options.passwords / "superuser"), safe="")
    url = f"postgresql://postgres:{superuser}@{options.host}/postgres"
    passwords = _passwords_in(options.passwords)
    return asyncio.run(provision_databases(url, passwords, within=options.within))


def _kafka(options: argparse.Namespace) -> Iterable[str]:
    cluster = Cluster(
        options.bootstrap_servers,
        options.security_protocol,
        options.mechanism,
        options.username,
        _read(options.passwords / "bootstrap"),
        options.ca_file,
        options.replication_factor,
    )
    return provision_kafka(cluster, _passwords_in(options.passwords), within=options.within)


def _passwords_in(folder: Path) -> dict[str, str]:
    return {service: _read(folder / service) for service in SERVICES}


def _read(file: Path) -> str:
    text = file.read_text(encoding="utf-8").strip()
    if not text:
        raise Trouble(f"{file} is empty: it must hold a password")
    return text


COMMANDS = {"secrets": _secrets, "databases": _databases, "kafka": _kafka}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m provision", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    secrets = commands.add_parser(
        "secrets", help="random secrets and development keys, for each owner its own"
    )
    secrets.add_argument(
        "--vault", type=Path, required=True, help="keeps all of them; only this command sees it"
    )
    secrets.add_argument("--owners", type=Path, required=True, help="a folder below it for each owner")
    secrets.add_argument("--institutions", type=Path, default=Path("institutions"))
    secrets.add_argument(
        "--issuer-url", required=True, help="stands in the certificates of the issuer's keys"
    )
    secrets.add_argument("--database-host", default="postgres:5432")
    secrets.add_argument(
        "--tls-host", default="localhost", help="name or address in the gateway's certificate"
    )
    databases = commands.add_parser("databases", help="a role and a database for each service")
    databases.add_argument("--host", default="postgres:5432")
    _add_common(databases, "superuser")
    kafka = commands.add_parser("kafka", help="topics, users and rights, from the catalogue")
    kafka.add_argument("--bootstrap-servers", required=True)
    kafka.add_argument("--security-protocol", default="SASL_SSL")
    kafka.add_argument("--mechanism", default="SCRAM-SHA-512")
    kafka.add_argument("--username", default="bootstrap")
    kafka.add_argument("--ca-file")
    kafka.add_argument("--replication-factor", type=int, default=3)
    _add_common(kafka, "bootstrap")
    return parser


def _add_common(parser: argparse.ArgumentParser, admin: str) -> None:
    text = f"folder with a file for each service, and `{admin}`"
    parser.add_argument("--passwords", type=Path, required=True, help=text)
    parser.add_argument("--within", type=float, default=120, help="seconds to wait for the server")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
