"""Makes key files: for production, or for development and tests, marked so that production refuses them."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import ECKey

from servicekit.bytes import to_base64url
from servicekit.key_files import Document, create, key_file, read, write_private

RINGS = (
    "sealing/holder",
    "sealing/contact",
    "sealing/code",
    "shared/offer-mac",
    "shared/activation-check",
    "issuer/cards",
    "issuer/nonce",
    "notifier/contacts",
    "wallet/offers",
    "wallet/receipts",
    "wallet/subjects",
    "wallet/sessions",
    "ordering/sessions",
    "ordering/students",
)
SIGNING = ("issuer/service", "issuer/encryption", "wallet/token", "ordering/tokens", "notifier/vapid")
AUTHORITY = "issuer/authority"


def create_development_keys(directory: Path, issuers: Mapping[str, str]) -> None:
    """Idempotent, and safe when several processes do it at once: what exists is kept.

    `issuers`: the credential issuer's URL of each institution. When it has changed, its certificate is made
    anew (same key).
    """
    authority = key_file(directory, AUTHORITY)
    create_keys(directory, authority, issuers, development=True)
    for institution, url in issuers.items():
        _certify_again(directory, read(authority), institution, url)


def create_keys(directory: Path, authority: Path, issuers: Mapping[str, str], *, development: bool) -> None:
    """What exists is kept. `issuers`: the credential issuer's URL of each institution.

    `authority` is the file of the certificate authority that vouches for their keys.
    """
    for name in RINGS:
        create(key_file(directory, name), lambda: _new_ring(development))
    for name in SIGNING:
        create(key_file(directory, name), lambda: _new_signing(development))
    create(authority, lambda: new_authority(development=development))
    vouching = read(authority)
    for institution, url in issuers.items():
        create(_signing_of(directory, institution), partial(_certified, vouching, None, url))


def _signing_of(directory: Path, institution: str) -> Path:
    return key_file(directory, f"issuer/signing/{institution}")


def _new_ring(development: bool) -> Document:
    key = new_ring_key()
    return _document("ring", key["id"], [key], development)


def new_ring_key() -> dict[str, str]:
    return {"id": secrets.token_hex(4), "secret": to_base64url(secrets.token_bytes(32))}


def _new_signing(development: bool) -> Document:
    jwk = new_jwk()
    return _document("signing", jwk["kid"], [jwk], development)


def _document(kind: str, current: str, keys: list[dict[str, Any]], development: bool) -> Document:
    return {"kind": kind, "development": development, "current": current, "keys": keys}


def new_jwk() -> dict[str, Any]:
    key = ECKey.generate_key("P-256")
    return {**key.as_dict(private=True), "kid": key.thumbprint()}


def new_authority(*, development: bool = True) -> Document:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("authority", development)
    certificate = (
        _certificate(name, name, key.public_key(), years=20)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return {
        "kind": "authority",
        "development": development,
        "key": pem.decode(),
        "certificate": public.decode(),
    }


def _certify_again(directory: Path, authority: Document, institution: str, url: str) -> None:
    path = _signing_of(directory, institution)
    document = read(path)
    if document["development"] and document.get("url") != url:
        jwk = next(item["jwk"] for item in document["keys"] if item["jwk"]["kid"] == document["current"])
        write_private(path, _certified(authority, jwk, url))


def _certified(authority: Document, jwk: dict[str, Any] | None, url: str) -> Document:
    key = new_certified_key(authority, url, jwk)
    return _document("certified", key["jwk"]["kid"], [key], authority["development"]) | {"url": url}


def new_certified_key(authority: Document, url: str, jwk: dict[str, Any] | None = None) -> Document:
    """A key, new unless it is given, with the chain that vouches for it as that of the issuer at `url`."""
    jwk = jwk or new_jwk()
    leaf = certificate_for(authority, jwk, url)
    return {"jwk": jwk, "x5c": [base64.b64encode(leaf.public_bytes(serialization.Encoding.DER)).decode()]}


def certificate_for(authority: Document, jwk: dict[str, Any], url: str) -> x509.Certificate:
    """A leaf whose only name is the credential issuer's URL, signed by the authority itself."""
    key = ECKey.import_key(jwk).private_key
    assert key is not None  # noqa: S101 - a private JWK, written by new_jwk
    name = _name("issuer", authority["development"])
    leaf = _certificate(name, root_of(authority).subject, key.public_key(), years=5)
    return _sign_leaf(authority, leaf, [x509.UniformResourceIdentifier(url)])


def root_of(authority: Document) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority["certificate"].encode())


def tls_certificate_for(
    authority: Document, key: ec.EllipticCurvePublicKey, hosts: Sequence[x509.GeneralName]
) -> x509.Certificate:
    """A leaf for a web server; phones take none that lasts much longer than two years."""
    name = _name("gateway", authority["development"])
    leaf = _certificate(name, root_of(authority).subject, key, years=2)
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return _sign_leaf(authority, leaf.add_extension(server, critical=False), hosts)


def _sign_leaf(
    authority: Document, leaf: x509.CertificateBuilder, names: Sequence[x509.GeneralName]
) -> x509.Certificate:
    signer = serialization.load_pem_private_key(authority["key"].encode(), password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)  # noqa: S101 - written by new_authority
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(issued_by, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _name(role: str, development: bool) -> x509.Name:
    text = f"Legitka development {role}" if development else f"Legitka {role}"
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, years: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
