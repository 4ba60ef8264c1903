"""A maker who vouches for wallets and keys, with certificates of a CA, but for what the test wants wrong."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from servicekit.bytes import to_base64url

ES256 = JWSRegistry.algorithms["ES256"]
CLIENT_ID = "https://wallet-maker.example/wallet"


class Attester:
    """Its certificates are valid for a year before and after `now`."""

    def __init__(
        self, now: datetime, *, valid_until: datetime | None = None, below: "Attester | None" = None
    ) -> None:
        self.now = now
        ca_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        until = valid_until or now + timedelta(days=365)
        self.ca = _certificate("Test CA", ca_key, "Test CA", ca_key, now, until, is_ca=True)
        issuer, issuer_key = ("Maker", below._key) if below else ("Test CA", ca_key)
        self.leaf = _certificate("Maker", self._key, issuer, issuer_key, now, until, is_ca=False)

    @property
    def pem(self) -> bytes:
        return self.ca.public_bytes(Encoding.PEM)

    def attestation(
        self, wallet: ECKey, header: Mapping[str, Any] | None = None, claims: Mapping[str, Any] | None = None
    ) -> str:
        chain = [base64.b64encode(self.leaf.public_bytes(Encoding.DER)).decode()]
        return sign(
            ECKey.import_key(self._key),
            {"typ": "oauth-client-attestation+jwt", "x5c": chain, **(header or {})},
            {
                "iss": "https://wallet-maker.example",
                "sub": CLIENT_ID,
                "exp": int((self.now + timedelta(days=1)).timestamp()),
                "cnf": {"jwk": wallet.as_dict(private=False)},
                **(claims or {}),
            },
        )

    def key_attestation(
        self,
        keys: Sequence[Mapping[str, Any]],
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        chain = [base64.b64encode(self.leaf.public_bytes(Encoding.DER)).decode()]
        return sign(
            ECKey.import_key(self._key),
            {"typ": "key-attestation+jwt", "x5c": chain, **(header or {})},
            {
                "iat": int(self.now.timestamp()),
                "exp": int((self.now + timedelta(days=1)).timestamp()),
                "attested_keys": list(keys),
                **(claims or {}),
            },
        )

    def pop(
        self,
        wallet: ECKey,
        audience: str,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        return sign(
            wallet,
            {"typ": "oauth-client-attestation-pop+jwt", **(header or {})},
            {
                "iss": CLIENT_ID,
                "aud": audience,
                "jti": str(uuid4()),
                "iat": int(self.now.timestamp()),
                **(claims or {}),
            },
        )


def sign(key: ECKey, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    signed = f"{_part({'alg': 'ES256', **header})}.{_part(claims)}"
    return f"{signed}.{to_base64url(ES256.sign(signed.encode(), key))}"


def _part(members: Mapping[str, Any]) -> str:
    given = {name: value for name, value in members.items() if value is not None}
    return to_base64url(json.dumps(given).encode())


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    until: datetime,
    *,
    is_ca: bool,
) -> x509.Certificate:
    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    return builder.sign(issuer_key, SHA256())
