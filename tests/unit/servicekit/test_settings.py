from pathlib import Path

import pytest
from pydantic import ValidationError

from servicekit.settings import ServiceSettings

PRODUCTION = {
    "ENVIRONMENT": "production",
    "ORDERING_PUBLIC_URL": "https://mlegitymacja.example.pl",
    "ISSUER_PUBLIC_URL": "https://issuer.example.pl",
    "NOTIFIER_PUBLIC_URL": "https://alerts.example.pl",
    "WALLET_PUBLIC_URL": "https://wallet.example.pl",
    "VERIFIER_PUBLIC_URL": "https://verify.example.pl",
    "OIDC_ISSUER": "https://login.example.pl",
    "OIDC_CLIENT_ID": "legitka",
    "OIDC_CLIENT_SECRET": "between-us-only",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PRODUCTION, "KAFKA__BOOTSTRAP_SERVERS", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/ordering")


def production(monkeypatch: pytest.MonkeyPatch, **changes: str) -> ServiceSettings:
    for name, value in (PRODUCTION | changes).items():
        monkeypatch.setenv(name, value)
    return ServiceSettings()


def test_development_needs_nothing_but_a_database() -> None:
    settings = ServiceSettings(environment="development")

    assert settings.ordering_public_url == "http://localhost:8001"
    assert settings.trusted_proxies == ()


def test_production_takes_complete_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = production(monkeypatch)

    assert settings.is_production
    assert settings.oidc_client_secret.get_secret_value() == "between-us-only"


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"ENVIRONMENT"}))
def test_production_refuses_what_was_left_to_its_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for other, value in PRODUCTION.items():
        if other != name:
            monkeypatch.setenv(other, value)

    with pytest.raises(ValidationError, match=f"{name} must be given"):
        ServiceSettings()


@pytest.mark.parametrize("name", ["TLS_CERTIFICATE", "TLS_KEY"])
def test_a_certificate_and_its_key_come_together(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.pem").touch()
    monkeypatch.setenv(name, str(tmp_path / "one.pem"))

    with pytest.raises(ValidationError, match="must be given together"):
        ServiceSettings(environment="development")


def test_a_certificate_that_is_not_there_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLS_CERTIFICATE", "/nowhere/certificate.pem")

    with pytest.raises(ValidationError, match="does not point to a file"):
        ServiceSettings(environment="development")


def test_who_signs_nobody_in_needs_no_client_of_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    class NobodySignsIn(ServiceSettings):
        signs_people_in = False

    for name, value in PRODUCTION.items():
        if not name.startswith("OIDC_CLIENT"):
            monkeypatch.setenv(name, value)

    assert NobodySignsIn().is_production


def test_production_refuses_http_off_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="WALLET_PUBLIC_URL must be https"):
        production(monkeypatch, WALLET_PUBLIC_URL="http://wallet.example.pl")


@pytest.mark.parametrize("host", ["localhost:8004", "127.0.0.1:8004", "[::1]:8004", "wallet.localhost"])
def test_production_takes_http_on_loopback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert production(monkeypatch, WALLET_PUBLIC_URL=f"http://{host}").wallet_public_url == f"http://{host}"


def test_production_is_what_an_unset_environment_means(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="ENVIRONMENT=development"):
        ServiceSettings()


def test_errors_do_not_repeat_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "between-us-only")

    with pytest.raises(ValidationError) as caught:
        ServiceSettings()

    assert "between-us-only" not in str(caught.value)


def test_secrets_come_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    monkeypatch.setenv("OIDC_CLIENT_SECRET_FILE", str(secret))
    monkeypatch.setenv("KAFKA__SASL_PASSWORD_FILE", str(secret))

    settings = ServiceSettings(environment="development")

    assert settings.oidc_client_secret.get_secret_value() == "from-a-file"
    assert settings.kafka.sasl_password == "from-a-file"
    assert "from-a-file" not in repr(settings)


def test_a_value_wins_over_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OIDC_CLIENT_SECRET_FILE", str(tmp_path / "absent"))
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "given")

    assert ServiceSettings(environment="development").oidc_client_secret.get_secret_value() == "given"


def test_parts_of_kafka_are_set_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA__BOOTSTRAP_SERVERS", "kafka:9092")

    assert ServiceSettings(environment="development").kafka.bootstrap_servers == "kafka:9092"


def test_proxies_are_addresses_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, ::1")

    assert ServiceSettings(environment="development").trusted_proxies == ("10.0.0.0/8", "::1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "gateway"),
        ("WALLET_PUBLIC_URL", "wallet"),
        ("WALLET_PUBLIC_URL", "https://wallet.example.pl/?x=1"),
    ],
)
def test_values_that_cannot_work_are_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError):
        ServiceSettings(environment="development")


def test_a_public_url_has_no_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSUER_PUBLIC_URL", "https://issuer.example.pl/")

    assert ServiceSettings(environment="development").issuer_public_url == "https://issuer.example.pl"
