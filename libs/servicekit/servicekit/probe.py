"""`python -m servicekit.probe /health/pipeline` asks the server of this container: 0 for status 200 alone.

Any other answer is printed, since it says reason and cure.
"""

import os
import ssl
import sys
from http.client import HTTPConnection, HTTPSConnection


def probe(port: int, path: str) -> int:
    """The exit status. Redirects are not followed: they are no 200."""
    connection = _connect(port, os.environ.get("TLS_CERTIFICATE"))
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        told = answer.read().decode(errors="replace")
    except OSError as error:
        sys.stdout.write(f"{type(error).__name__}\n")
        return 1
    finally:
        connection.close()
    well = answer.status == 200
    sys.stdout.write(f"{answer.status} {answer.reason}\n{'' if well else told}")
    return 0 if well else 1


def _connect(port: int, certificate: str | None) -> HTTPConnection:
    """Over TLS it trusts its own certificate alone, whose name is the public one and not this address."""
    if not certificate:
        return HTTPConnection("127.0.0.1", port, timeout=5)
    context = ssl.create_default_context(cafile=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return HTTPSConnection("127.0.0.1", port, timeout=5, context=context)


if __name__ == "__main__":
    raise SystemExit(probe(int(os.environ["HTTP_PORT"]), sys.argv[1]))
