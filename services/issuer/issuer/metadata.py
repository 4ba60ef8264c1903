"""What wallets and checkers read about a credential issuer and its card. Nothing in it is about a person."""

from datetime import datetime
from typing import Any

from issuer import key_attestations
from issuer.domain import CONFIGURATION_ID
from issuer.encryption import Encryption
from issuer.key_rules import KeyRules
from issuer.proofs import ALGORITHMS
from issuer.tenants import Tenant

SCOPE = "legitymacja_studencka"

_LOCALES = {"pl": "pl-PL", "en": "en"}
_CARD_NAME = {"pl": "Legitymacja studencka", "en": "Student card"}
_DESCRIPTION = {
    "pl": "Mobilna legitymacja studencka wydana przez uczelnię.",
    "en": "A mobile student card issued by an institution of higher education.",
}
_CLAIMS: dict[str, tuple[str, str]] = {
    "given_name": ("Imiona", "Given names"),
    "family_name": ("Nazwisko", "Family name"),
    "birthdate": ("Data urodzenia", "Date of birth"),
    "pesel": ("PESEL", "PESEL number"),
    "portrait": ("Zdjęcie", "Photo"),
    "student_number": ("Numer albumu", "Student number"),
    "institution": ("Uczelnia", "Institution"),
    "programme": ("Kierunek studiów", "Programme"),
    "cycle": ("Stopień studiów", "Cycle of studies"),
    "card_number": ("Numer legitymacji", "Card number"),
    "issue_date": ("Data wydania", "Date of issue"),
    "expiry_date": ("Ważna do", "Valid until"),
}


def issuer_metadata(tenant: Tenant, encryption: Encryption) -> dict[str, Any]:
    """OpenID4VCI 1.0, 12.2.4."""
    return {
        "credential_issuer": tenant.url,
        "authorization_servers": [tenant.wallet_url],
        "credential_endpoint": f"{tenant.url}/credential",
        "deferred_credential_endpoint": f"{tenant.url}/deferred_credential",
        "nonce_endpoint": f"{tenant.url}/nonce",
        "notification_endpoint": f"{tenant.url}/notification",
        **encryption.metadata(),
        **_batches(tenant.key_rules),
        "display": [
            {"name": tenant.institution.name.pl, "locale": _LOCALES["pl"]},
            {"name": tenant.institution.name.en, "locale": _LOCALES["en"]},
        ],
        "credential_configurations_supported": {CONFIGURATION_ID: _configuration(tenant)},
    }


def signed_issuer_metadata(tenant: Tenant, encryption: Encryption, now: datetime) -> str:
    """OpenID4VCI 1.0, 12.2.3: the same as a JWT that carries its certificate."""
    signed = {"iss": tenant.url, "sub": tenant.url, "iat": int(now.timestamp())}
    return tenant.metadata_signer.sign(issuer_metadata(tenant, encryption) | signed)


def _configuration(tenant: Tenant) -> dict[str, Any]:
    return {
        "format": "dc+sd-jwt",
        "scope": SCOPE,
        "vct": tenant.vct,
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": ["ES256"],
        "proof_types_supported": _proof_types(tenant.key_rules),
        "credential_metadata": {
            "display": [
                {
                    "name": name,
                    "locale": _LOCALES[language],
                    "background_color": tenant.institution.colour,
                    "text_color": "#ffffff",
                }
                for language, name in _CARD_NAME.items()
            ],
            "claims": [
                {"path": [name], "display": _names(pl, en, "name")} for name, (pl, en) in _CLAIMS.items()
            ],
        },
    }


def _batches(rules: KeyRules) -> dict[str, Any]:
    return {"batch_credential_issuance": {"batch_size": rules.most_keys}} if rules.most_keys > 1 else {}


def _proof_types(rules: KeyRules) -> dict[str, Any]:
    """Any attestation of a trusted maker will do: nothing more is asked of where and how keys are kept."""
    attested: dict[str, Any] = {"key_attestations_required": {}}
    types = {"jwt": _signed_by(ALGORITHMS) | (attested if rules.attestation_required else {})}
    if rules.attesters:
        types["attestation"] = _signed_by(key_attestations.ALGORITHMS) | attested
    return types


def _signed_by(algorithms: tuple[str, ...]) -> dict[str, Any]:
    return {"proof_signing_alg_values_supported": list(algorithms)}


def _names(pl: str, en: str, label: str) -> list[dict[str, str]]:
    return [{label: pl, "locale": _LOCALES["pl"]}, {label: en, "locale": _LOCALES["en"]}]


def type_metadata(tenant: Tenant) -> dict[str, Any]:
    """SD-JWT VC, type metadata of the `vct`."""
    return {
        "vct": tenant.vct,
        "name": _CARD_NAME["en"],
        "description": _DESCRIPTION["en"],
        "display": [
            {"locale": locale, "name": _CARD_NAME[language], "description": _DESCRIPTION[language]}
            for language, locale in _LOCALES.items()
        ],
        "claims": [
            {"path": [name], "sd": "always", "display": _names(pl, en, "label")}
            for name, (pl, en) in _CLAIMS.items()
        ],
    }


def issuer_keys(tenant: Tenant) -> dict[str, Any]:
    """JWT VC issuer metadata: old keys stay as long as cards live that they have signed."""
    return {"issuer": tenant.url, "jwks": tenant.keys.public_jwks()}
