"""Styles, modules and pictures at addresses that name their content, so that browsers keep them for good."""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
_PACKED_ALREADY = {".png", ".jpg"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    media_type: str
    body: bytes
    packed: bytes | None

    def response(self, request: Request, cache: str) -> Response:
        headers = {"Cache-Control": cache, "Cross-Origin-Resource-Policy": "same-origin"}
        if self.packed is None:
            return Response(self.body, media_type=self.media_type, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.body, media_type=self.media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(self.packed, media_type=self.media_type, headers=headers)


class StaticFiles:
    """The files of several folders as one; where two have the same path, the first folder's counts.

    Modules import each other by relative path: so one digest of all of them is their common folder.
    """

    def __init__(self, folders: Sequence[Path], made: Mapping[str, bytes]) -> None:
        found = {name: body for folder in reversed(folders) for name, body in _read(folder)} | dict(made)
        self._files = {name: _static_file(name, body) for name, body in found.items()}
        self.digest = _digest(found)

    def names(self) -> list[str]:
        return sorted(self._files)

    def url(self, name: str) -> str:
        """Raises KeyError for a file that is not there: a page with a dead link must not come to be."""
        self._files[name]
        return f"/static/{self.digest}/{name}"

    def find(self, name: str) -> StaticFile | None:
        return self._files.get(name)


def _read(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _MEDIA_TYPES:
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _static_file(name: str, body: bytes) -> StaticFile:
    suffix = Path(name).suffix
    packed = None if suffix in _PACKED_ALREADY else gzip.compress(body, mtime=0)
    return StaticFile(_MEDIA_TYPES[suffix], body, packed)


def _digest(files: Mapping[str, bytes]) -> str:
    each = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    return hashlib.sha256(json.dumps(each, sort_keys=True).encode()).hexdigest()[:16]
