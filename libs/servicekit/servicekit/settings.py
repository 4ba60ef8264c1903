"""The settings all services share, read once from the environment or, as `<NAME>_FILE`, from files."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from eventing.settings import EventingSettings

Environment = Literal["development", "production"]
LogLevel = Literal["debug", "info", "warning", "error"]

_PUBLIC_URLS = (
    "ordering_public_url",
    "issuer_public_url",
    "notifier_public_url",
    "wallet_public_url",
    "verifier_public_url",
    "oidc_issuer",
)


class _EnvironmentAndFiles(EnvSettingsSource):
    """The environment, where `X_FILE=/path` stands for `X=<the text of that file>`."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        variables = dict(super()._load_env_vars())
        for name, path in list(variables.items()):
            base = name[: -len("_file")]
            if name.endswith("_file") and path and base not in variables and self._is_ours(base):
                variables[base] = Path(path).read_text(encoding="utf-8").strip()
        return variables

    def _is_ours(self, name: str) -> bool:
        return name.partition("__")[0] in self.settings_cls.model_fields


S = TypeVar("S", bound="ServiceSettings")


class ServiceSettings(BaseSettings):
    """Variables are the upper-case names of the fields; parts of `kafka` as `KAFKA__BOOTSTRAP_SERVERS`.

    Production refuses every value that is only good for development.
    """

    model_config = SettingsConfigDict(
        frozen=True, env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )

    # Whether people sign in at this service, so that it must be a client of the identity provider.
    signs_people_in: ClassVar[bool] = True

    environment: Environment = "production"

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8000, ge=0, le=65535)
    # Where no gateway ends TLS: PEM files of the certificate's chain and of its key.
    tls_certificate: FilePath | None = None
    tls_key: FilePath | None = None
    # Whose X-Forwarded-For is believed: addresses or networks, separated by commas.
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()

    database_url: str = Field(repr=False)
    keys_dir: Path = Path(".data/keys")
    institutions_dir: Path = Path("institutions")
    # What may be lost and fetched again: public keys of others.
    cache_dir: Path | None = None
    kafka: EventingSettings = Field(default_factory=EventingSettings)

    ordering_public_url: str = "http://localhost:8001"
    issuer_public_url: str = "http://localhost:8002"
    notifier_public_url: str = "http://localhost:8003"
    wallet_public_url: str = "http://localhost:8004"
    verifier_public_url: str = "http://localhost:8006"

    oidc_issuer: str = "http://localhost:8005"
    oidc_client_id: str = "legitka"
    oidc_client_secret: SecretStr = SecretStr("development")
    # Where containers reach the provider inside, while its public name (and so `iss`) stays one.
    oidc_backchannel_url: str | None = None
    # The scope that a bearer token must carry to be accepted by our APIs.
    oidc_api_scope: str = "legitka"

    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            ipaddress.ip_network(part, strict=False)
        return value

    @field_validator(*_PUBLIC_URLS, "oidc_backchannel_url")
    @classmethod
    def _plain_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http(s) URL without query and fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _certificate_with_its_key(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("TLS_CERTIFICATE and TLS_KEY must be given together")
        return self

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if not self.is_production:
            return self
        wrong = [
            f"{name.upper()} must be https" for name in _PUBLIC_URLS if not _is_safe(getattr(self, name))
        ]
        client = ("oidc_client_id", "oidc_client_secret") if self.signs_people_in else ()
        needed = (*_PUBLIC_URLS, *client)
        wrong += [f"{name.upper()} must be given" for name in needed if name not in self.model_fields_set]
        if wrong:
            raise ValueError("; ".join(wrong) + " (or set ENVIRONMENT=development on your own machine)")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings  # the environment and named files are all
        return init_settings, _EnvironmentAndFiles(settings_cls)


def load_settings(kind: type[S]) -> S:
    """Ends the process where settings are missing or wrong, with a line for each; no value is repeated."""
    try:
        return kind()
    except ValidationError as error:
        lines = [line for each in error.errors() for line in _told(each["loc"], each["msg"])]
    except SettingsError as error:
        lines = [str(error)]
    raise SystemExit("\n".join(["These settings (environment variables) must be mended:", *lines]))


def _told(place: tuple[int | str, ...], message: str) -> list[str]:
    name = "__".join(str(part) for part in place).upper()
    if not name:  # several together, which name themselves
        return [f"  {part}" for part in message.removeprefix("Value error, ").split("; ")]
    return [f"  {name}: {'is missing' if message == 'Field required' else message}"]


def _is_safe(url: str) -> bool:
    return url.startswith("https://") or is_loopback(url)


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
