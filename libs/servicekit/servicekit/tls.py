"""TLS of a process that no gateway stands before: what RFC 9325 (BCP 195) recommends, and no more."""

import ssl
from pathlib import Path

# Of TLS 1.2: forward secret and authenticated. All that 1.3 has is both.
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """For PEM files: the chain, leaf first, and its key. A client that knows 1.3 gets it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(":".join(CIPHERS))
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.load_cert_chain(certificate, key)
    return context
