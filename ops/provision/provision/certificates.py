"""A certificate for what speaks TLS on a developer's machine, signed by an authority of its own."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from servicekit.key_files import Document, create, key_file, read, write_private
from servicekit.new_keys import new_authority, root_of, tls_certificate_for

RENEWED_BEFORE_END = timedelta(days=30)


def keep_certificate(folder: Path, *hosts: str) -> dict[str, bytes]:
    """The server's files. The certificate is made anew for other hosts, and before it ends."""
    authority, server = key_file(folder, "authority"), key_file(folder, "server")
    create(authority, new_authority)
    if not server.exists() or not _fits(read(server), hosts):
        write_private(server, _new_server(read(authority), hosts))
    document = read(server)
    return {
        "certificate.pem": document["certificate"].encode(),
        "key.pem": document["key"].encode(),
        "authority.pem": read(authority)["certificate"].encode(),
    }


def _fits(document: Document, hosts: Sequence[str]) -> bool:
    certificate = x509.load_pem_x509_certificate(document["certificate"].encode())
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return document.get("hosts") == [*hosts] and left > RENEWED_BEFORE_END


def _new_server(authority: Document, hosts: Sequence[str]) -> Document:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = tls_certificate_for(authority, key.public_key(), [_name_of(host) for host in hosts])
    chain = [certificate, root_of(authority)]
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "hosts": [*hosts],
        "certificate": "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in chain),
        "key": pem.decode(),
    }


def _name_of(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
