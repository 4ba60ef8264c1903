"""Encrypts a notification for one browser: its push service carries what it cannot read (RFC 8291)."""

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_RECORD_SIZE = 4096
_LAST_RECORD = b"\x02"


def point_of(key: EllipticCurvePublicKey) -> bytes:
    """65 bytes: the uncompressed point, as browsers give and take keys."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    text: bytes, *, browser: bytes, secret: bytes, key: EllipticCurvePrivateKey, salt: bytes, size: int = 0
) -> bytes:
    """One record of `aes128gcm` (RFC 8188), padded to `size` bytes of text.

    `browser` and `secret` are the `p256dh` and `auth` of its subscription; `key` and `salt` (16 bytes) serve
    this one message. Raises ValueError when `browser` is no point of the curve.
    """
    sender = point_of(key.public_key())
    shared = key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), browser))
    start = _derive(32, salt=secret, of=shared, info=b"WebPush: info\0" + browser + sender)
    content_key = _derive(16, salt=salt, of=start, info=b"Content-Encoding: aes128gcm\0")
    nonce = _derive(12, salt=salt, of=start, info=b"Content-Encoding: nonce\0")
    padded = text + _LAST_RECORD + bytes(max(0, size - len(text)))
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([len(sender)]) + sender
    return header + AESGCM(content_key).encrypt(nonce, padded, None)


def _derive(length: int, *, salt: bytes, of: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), length=length, salt=salt, info=info).derive(of)
