"""The form of the token endpoint, read to the letter (RFC 6749, RFC 9396, OpenID4VCI 1.0 section 6)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.base import DeviceLabel
from servicekit.oauth import OAuthError

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

REFRESH_GRANT_TYPE = "refresh_token"

_LONGEST = 1024
_AUTHENTICATION = ("client_secret", "client_assertion", "client_assertion_type")


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What was sent, complete and of the right shape, but not yet believed."""

    pre_authorized_code: str
    tx_code: str
    authorization_details: str | None
    terms_receipt: str | None
    device_label: DeviceLabel
    client_id: str | None


@dataclass(frozen=True, slots=True)
class RefreshForm:
    """A refresh token as it was sent."""

    refresh_token: str
    client_id: str | None


class _Detail(BaseModel):
    model_config = ConfigDict(frozen=True)

    type: Literal["openid_credential"]
    credential_configuration_id: str = Field(max_length=_LONGEST)


# An offer is for one configuration, so one is all that can be asked for.
_DETAILS = TypeAdapter(Annotated[list[_Detail], Field(min_length=1, max_length=1)])


def read_token_form(body: bytes, authorization: str | None) -> TokenForm | RefreshForm:
    """Check the form, then the client. Unknown parameters are ignored."""
    parameters = _parameters(body)
    grant_type = _required(parameters, "grant_type")
    if grant_type == REFRESH_GRANT_TYPE:
        form = RefreshForm(_required(parameters, "refresh_token"), parameters.get("client_id"))
        _check_client(parameters, authorization)
        return form
    if grant_type != GRANT_TYPE:
        raise OAuthError("unsupported_grant_type", f"Use {GRANT_TYPE}, or {REFRESH_GRANT_TYPE}.")
    code, tx_code = _required(parameters, "pre-authorized_code"), _required(parameters, "tx_code")
    _check_client(parameters, authorization)
    return TokenForm(
        pre_authorized_code=code,
        tx_code=tx_code,
        authorization_details=parameters.get("authorization_details"),
        terms_receipt=parameters.get("terms_receipt"),
        device_label=_device_label(parameters.get("device_label")),
        client_id=parameters.get("client_id"),
    )


def _parameters(body: bytes) -> dict[str, str]:
    """Parameters without a value count as omitted; none may be there twice (RFC 6749, 3.2)."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise OAuthError("invalid_request", "The form is not UTF-8, or has too many parameters.") from None
    if any(len(value) > _LONGEST for _, value in pairs):
        raise OAuthError("invalid_request", "A parameter is too long.")
    twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if twice:
        raise OAuthError("invalid_request", "A parameter is there more than once.")
    return {name: value for name, value in pairs if value}


def _required(parameters: Mapping[str, str], name: str) -> str:
    if name not in parameters:
        raise OAuthError("invalid_request", f"The parameter {name} is missing.")
    return parameters[name]


def _check_client(parameters: Mapping[str, str], authorization: str | None) -> None:
    """Any client may come, named or not, but none can authenticate here."""
    if authorization is not None:
        challenge = {"WWW-Authenticate": 'Basic realm="legitka"'}
        raise OAuthError(
            "invalid_client", "This server has no clients to authenticate.", status=401, headers=challenge
        )
    if any(name in parameters for name in _AUTHENTICATION):
        raise OAuthError("invalid_client", "This server has no clients to authenticate.", status=401)


def read_details(details: str | None) -> str | None:
    """The configuration that is asked for, if any."""
    if details is None:
        return None
    try:
        return _DETAILS.validate_json(details)[0].credential_configuration_id
    except ValidationError:
        raise OAuthError(
            "invalid_authorization_details",
            "It must be an array of one object of type openid_credential with a credential_configuration_id.",
        ) from None


def _device_label(label: str | None) -> DeviceLabel:
    return next((known for known in get_args(DeviceLabel) if known == label), "other")
