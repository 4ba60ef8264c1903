"""The settings that the embedded stack gives to each service, as environment variables."""

import os
from dataclasses import dataclass
from pathlib import Path

from devstack.broker import is_apache_kafka
from devstack.ports import HOST, Ports
from devstack.processes import plain_environment

SERVICES = ("ordering", "issuer", "notifier", "wallet")
INSTITUTIONS = ("umcs", "pwr")


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one stack; everything it writes lies in `data`."""

    repository: Path
    data: Path
    other_institutions: Path | None = None

    @property
    def institutions(self) -> Path:
        return self.other_institutions or self.repository / "institutions"

    @property
    def cache(self) -> Path:
        """What can be made again; shared by all stacks of the repository."""
        return self.repository / ".cache"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def passwords(self) -> Path:
        """Of the services' roles at PostgreSQL."""
        return self.data / "passwords.json"

    @property
    def broker(self) -> Path:
        return self.data / "broker"

    @property
    def tls(self) -> Path:
        return self.data / "tls"

    @property
    def authority(self) -> Path:
        """What clients have to trust where the stack speaks TLS."""
        return self.tls / "authority.pem"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def is_set(name: str) -> bool:
    """Whether the caller asks for something, as `ONCE=1` does."""
    return os.environ.get(name, "") not in {"", "0"}


def url_of(name: str, ports: Ports) -> str:
    scheme = "https" if ports.over_tls and name != "mail" else "http"
    return f"{scheme}://localhost:{getattr(ports, name)}"


def settings_of(
    service: str, places: Places, ports: Ports, database_url: str, *, thrifty: bool = True
) -> dict[str, str]:
    own = {
        "DATABASE_URL": database_url,
        "KEYS_DIR": str(places.keys),
        "CACHE_DIR": str(places.data / "cache" / service),
        "OIDC_ISSUER": url_of("identity", ports),
        "OIDC_CLIENT_ID": "legitka",
        "OIDC_CLIENT_SECRET": "development",
    }
    return (
        _of_every_page(service, places, ports)
        | own
        | _broker(service, ports, thrifty=thrifty)
        | _of_one_service(service, ports)
    )


def settings_of_verifier(places: Places, ports: Ports) -> dict[str, str]:
    """It has no database, no keys and no events."""
    return _of_every_page("verifier", places, ports)


def _of_every_page(name: str, places: Places, ports: Ports) -> dict[str, str]:
    public = {f"{each.upper()}_PUBLIC_URL": url_of(each, ports) for each in (*SERVICES, "verifier")}
    own = {
        "ENVIRONMENT": "development",
        "HTTP_HOST": HOST,
        "HTTP_PORT": str(getattr(ports, name)),
        "INSTITUTIONS_DIR": str(places.institutions),
    }
    return plain_environment() | public | own | (_tls(places) if ports.over_tls else {})


def _tls(places: Places) -> dict[str, str]:
    return {
        "TLS_CERTIFICATE": str(places.tls / "certificate.pem"),
        "TLS_KEY": str(places.tls / "key.pem"),
        "SSL_CERT_FILE": str(places.authority),  # whom a service trusts when it asks another
    }


def _broker(service: str, ports: Ports, *, thrifty: bool) -> dict[str, str]:
    """The embedded one does not wake a waiting fetch, so it is asked often while anything moves.

    Most often by the two that a student waits for, since asking is what costs most on an idle machine. The
    `thrifty` ask seldom at rest, and look seldom for what no event announces. Both that a student waits for
    are asking already when an order comes: it waits for the slower one, less than a second, not for the sum.
    """
    awake, idle = ("10", "900") if service in {"ordering", "issuer"} else ("100", "1500")
    address = {"KAFKA__BOOTSTRAP_SERVERS": f"{HOST}:{ports.broker}", "KAFKA__CREATE_TOPICS": "true"}
    if is_apache_kafka():
        return address
    embedded = {"KAFKA__FETCH_MAX_WAIT_MS": awake, "KAFKA__BROKER_TELLS_EXACT_ENDS": "false"}
    at_rest = {
        "KAFKA__IDLE_FETCH_MAX_WAIT_MS": idle,
        "KAFKA__WATCH_INTERVAL": "4",
        "KAFKA__RELAY_POLL": "2",
    }
    return address | embedded | (at_rest if thrifty else {})


def _of_one_service(service: str, ports: Ports) -> dict[str, str]:
    return {
        "notifier": {"SMTP_HOST": HOST, "SMTP_PORT": str(ports.smtp)},
    }.get(service, {})
