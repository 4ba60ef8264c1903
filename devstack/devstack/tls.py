"""TLS of an embedded stack: a certificate for this machine, and clients that trust its authority."""

import ssl
from pathlib import Path

from devstack.ports import HOST
from provision.certificates import keep_certificate
from provision.secret_files import write_private


def keep_tls_files(folder: Path) -> None:
    """`certificate.pem`, `key.pem` and `authority.pem`; the authority is made once."""
    for name, content in keep_certificate(folder, "localhost", HOST).items():
        write_private(folder / name, content)


def trusting(authority: Path) -> ssl.SSLContext:
    """For clients: names are checked, and nobody else is trusted."""
    return ssl.create_default_context(cafile=authority)
