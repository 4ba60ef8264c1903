"""A push service for tests: takes messages (RFC 8030), checks who sends (8292), and decrypts them (8291).

A real one could not read the messages: here the keys of the browsers are made and kept beside it.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devstack.ports import HOST

LARGEST = 4096
A_DAY = 24 * 3600
URGENCIES = {"very-low", "low", "normal", "high"}


class Refused(Exception):
    """What the service answers instead of 201."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Browser:
    """What a browser keeps of its subscription; `server_key` is whom alone it lets send, if it said so."""

    server_key: str | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    gone: bool = False


@dataclass(frozen=True)
class Pushed:
    """A message as its browser would be given it, with the headers that its service saw."""

    text: bytes
    headers: Mapping[str, str]
    claims: Mapping[str, Any]
    size: int

    def json(self) -> Any:
        return json.loads(self.text)


class PushService:
    """Runs on loopback while it is used as a context manager."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.pushed: list[Pushed] = []
        self.refusals: list[str] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))

    @property
    def origin(self) -> str:
        return f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def subscribe(self, server_key: str | None = None) -> dict[str, Any]:
        """A new browser's `PushSubscription.toJSON()`."""
        name, browser = secrets.token_urlsafe(24), Browser(server_key)
        self.browsers[name] = browser
        keys = {"p256dh": to_text(point_of(browser.key)), "auth": to_text(browser.secret)}
        return {"endpoint": f"{self.origin}/push/{name}", "expirationTime": None, "keys": keys}

    def unsubscribe(self, subscription: Mapping[str, Any]) -> None:
        self.browsers[subscription["endpoint"].rpartition("/")[2]].gone = True

    def answer_next(self, status: int, **headers: str) -> None:
        """The next message is not taken but answered so."""
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}))

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Status and headers of the answer to a POST."""
        if self.answers:
            return self.answers.pop(0)
        try:
            self.pushed.append(self._read(path, headers, body))
        except Refused as refused:
            self.refusals.append(str(refused))
            return refused.status, {}
        return 201, {"Location": f"{self.origin}/messages/{len(self.pushed)}"}

    def _read(self, path: str, headers: Mapping[str, str], body: bytes) -> Pushed:
        browser = self.browsers.get(path.removeprefix("/push/"))
        if browser is None:
            raise Refused(404, "no such subscription")
        if browser.gone:
            raise Refused(410, "the subscription has ended")
        check_headers(headers, len(body))
        claims = claims_of(headers.get("authorization", ""), self.origin, browser.server_key)
        return Pushed(decrypt(body, browser.key, browser.secret), headers, claims, len(body))


def check_headers(headers: Mapping[str, str], size: int) -> None:
    """RFC 8030, 5.2 to 5.4, and RFC 8291, 4."""
    if size > LARGEST:
        raise Refused(413, "too large")
    if not headers.get("ttl", "").isdigit():
        raise Refused(400, "no TTL")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,32}", headers.get("topic", "")):
        raise Refused(400, "no topic")
    if headers.get("urgency", "normal") not in URGENCIES:
        raise Refused(400, "no urgency")
    if headers.get("content-encoding") != "aes128gcm":
        raise Refused(400, "another encryption")


def claims_of(authorization: str, origin: str, server_key: str | None) -> dict[str, Any]:
    """RFC 8292: signed by the key that is named, for this service, for a day at most, with a contact."""
    match = re.fullmatch(r"vapid t=([\w-]+\.[\w-]+)\.([\w-]+), ?k=([\w-]+)", authorization)
    if match is None:
        raise Refused(401, "no sender")
    signed, signature, named = match.groups()
    if server_key not in {None, named}:
        raise Refused(403, "another sender than the browser allows")
    _check_signature(from_text(named), signed.encode(), from_text(signature))
    header, claims = (json.loads(from_text(part)) for part in signed.split("."))
    if (header["typ"], header["alg"], claims["aud"]) != ("JWT", "ES256", origin):
        raise Refused(403, "for another service")
    if not time.time() < claims["exp"] <= time.time() + A_DAY:
        raise Refused(403, "not for now")
    if not str(claims.get("sub")).startswith(("mailto:", "https:")):
        raise Refused(403, "no contact")
    return dict(claims)


def _check_signature(point: bytes, signed: bytes, signature: bytes) -> None:
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Refused(403, "a wrong signature") from None


def decrypt(body: bytes, key: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    """RFC 8291, 3.4 and RFC 8188, 2.1, step by step as they are written there."""
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, record = body[21 : 21 + length], body[21 + length :]
    if len(record) > size:
        raise Refused(400, "more than one record")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    first = _hmac(secret, key.exchange(ec.ECDH(), public))
    start = _hmac(first, b"WebPush: info\0" + point_of(key) + sender + b"\1")
    random = _hmac(salt, start)
    content_key = _hmac(random, b"Content-Encoding: aes128gcm\0\1")[:16]
    nonce = _hmac(random, b"Content-Encoding: nonce\0\1")[:12]
    try:
        padded = AESGCM(content_key).decrypt(nonce, record, None).rstrip(b"\0")
    except InvalidTag:
        raise Refused(400, "cannot be decrypted") from None
    if not padded.endswith(b"\2"):
        raise Refused(400, "not the last record")
    return padded[:-1]


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _handler(service: PushService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            status, answer = service.take(self.path, headers, body)
            self.send_response(status)
            for name, value in (answer | {"Content-Length": "0"}).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Endpoints are secrets."""

    return Handler
