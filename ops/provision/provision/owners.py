"""Who is given which secret: each owner exactly what it needs, below a folder of its own."""

from dataclasses import dataclass

from contracts.catalogue import SERVICES

SERVICE_USER, POSTGRES_USER, KAFKA_USER, GATEWAY_USER = 10001, 999, 1000, 101

# Those who sign people in are clients of the identity provider.
CLIENTS = ("ordering", "wallet")

OWNERS_OF_FILES = ("postgres", "kafka", "databases", "topics", *SERVICES, "gateway")

# Key files by the service that reads them; `*` stands for every institution.
KEYS = {
    "ordering": (
        "sealing/holder",
        "sealing/contact",
        "sealing/code",
        "ordering/students",
        "ordering/tokens",
        "ordering/sessions",
    ),
    "issuer": (
        "sealing/holder",
        "sealing/code",
        "shared/offer-mac",
        "shared/activation-check",
        "issuer/cards",
        "issuer/nonce",
        "issuer/service",
        "issuer/encryption",
        "issuer/signing/*",
    ),
    "notifier": ("sealing/contact", "notifier/contacts", "notifier/vapid"),
    "wallet": (
        "shared/offer-mac",
        "shared/activation-check",
        "wallet/offers",
        "wallet/receipts",
        "wallet/subjects",
        "wallet/sessions",
        "wallet/token",
    ),
}


@dataclass(frozen=True, slots=True)
class Owner:
    """A container, or several that do the same: its user, and its files with what stands in each."""

    name: str
    user: int
    files: dict[str, bytes]


def passwords_needed() -> list[str]:
    """The names of all random secrets."""
    per_service = [f"{kind}-{service}" for kind in ("postgres", "kafka") for service in SERVICES]
    return [
        "postgres-superuser",
        "kafka-bootstrap",
        *per_service,
        *(f"oidc-{service}" for service in CLIENTS),
    ]


def servers(secrets: dict[str, str]) -> list[Owner]:
    """PostgreSQL and Kafka, and those who set them up: these alone know the passwords of all services."""
    superuser, bootstrap = secrets["postgres-superuser"], secrets["kafka-bootstrap"]
    return [
        _owner("postgres", POSTGRES_USER, {"password": superuser}),
        _owner("kafka", KAFKA_USER, {"bootstrap-password": bootstrap}),
        _owner("databases", SERVICE_USER, {"superuser": superuser, **_of_services(secrets, "postgres")}),
        _owner("topics", SERVICE_USER, {"bootstrap": bootstrap, **_of_services(secrets, "kafka")}),
    ]


def services(secrets: dict[str, str], keys: dict[str, bytes], database_host: str) -> list[Owner]:
    return [
        Owner(
            service,
            SERVICE_USER,
            _texts(_of_one_service(service, secrets, database_host)) | _keys_of(service, keys),
        )
        for service in SERVICES
    ]


def _of_one_service(service: str, secrets: dict[str, str], database_host: str) -> dict[str, str]:
    url = f"postgresql://{service}:{secrets[f'postgres-{service}']}@{database_host}/{service}"
    client = {"oidc-client-secret": secrets[f"oidc-{service}"]} if service in CLIENTS else {}
    return {"database-url": url, "kafka-password": secrets[f"kafka-{service}"], **client}


def _keys_of(service: str, keys: dict[str, bytes]) -> dict[str, bytes]:
    return {
        f"keys/{name}.json": content
        for name, content in keys.items()
        if any(name == wanted or _stands_for(wanted, name) for wanted in KEYS[service])
    }


def _stands_for(pattern: str, name: str) -> bool:
    return pattern.endswith("*") and name.startswith(pattern[:-1])


def _of_services(secrets: dict[str, str], kind: str) -> dict[str, str]:
    return {service: secrets[f"{kind}-{service}"] for service in SERVICES}


def _owner(name: str, user: int, texts: dict[str, str]) -> Owner:
    return Owner(name, user, _texts(texts))


def _texts(texts: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in texts.items()}
