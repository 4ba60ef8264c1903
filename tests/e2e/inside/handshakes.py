"""What a server's TLS agrees to with clients of several ages; in a service's container: the gateway's."""

import json
import ssl
import sys
import warnings
from socket import create_connection

NEW = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
WITHOUT_FORWARD_SECRECY = "AES128-GCM-SHA256:AES256-GCM-SHA384"
WITHOUT_AUTHENTICATED_ENCRYPTION = "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA"
CLIENTS = {
    "of today": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, NEW),
    "with 1.2": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, NEW),
    "with 1.1": (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1, "ALL"),
    "with 1.0": (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1, "ALL"),
    "without forward secrecy": (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, WITHOUT_FORWARD_SECRECY),
    "without authenticated encryption": (
        ssl.TLSVersion.TLSv1_2,
        ssl.TLSVersion.TLSv1_2,
        WITHOUT_AUTHENTICATED_ENCRYPTION,
    ),
}


def agreed(address: tuple[str, int], oldest: ssl.TLSVersion, newest: ssl.TLSVersion, ciphers: str) -> str:
    """The version, or why there is none. The certificate is another test's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")  # or this client would refuse by itself
    context.minimum_version, context.maximum_version = oldest, newest
    try:
        with create_connection(address, timeout=10) as plain, context.wrap_socket(plain) as secured:
            return str(secured.version())
    except (ssl.SSLError, ConnectionResetError):
        return "refused"


def all_agreed(address: tuple[str, int]) -> dict[str, str]:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return {name: agreed(address, *client) for name, client in CLIENTS.items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(all_agreed(("gateway", 8441))))
