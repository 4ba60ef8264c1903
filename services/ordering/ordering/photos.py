"""Portraits as they go into cards: whatever comes in is checked, drawn anew and small. Pure.

Nothing of the file but its pixels is kept: no place where it was taken, nothing that hides behind it.
"""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

MAX_BYTES = 5_000_000
MAX_PIXELS = 25_000_000
MIN_SIZE = (250, 350)
MAX_CARD_BYTES = 15_000

_PORTRAIT = 35 / 45
_TOLERANCE = 0.1
_CARD_SIZES = ((350, 450), (280, 360), (210, 270))
_QUALITIES = (88, 82, 75, 68, 60, 50)

_OPENERS: dict[bytes, Callable[[io.BytesIO], ImageFile]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
}
_BROKEN = (OSError, SyntaxError, ValueError, struct.error, zlib.error)


class PhotoRefused(ValueError):
    """The file cannot become a portrait."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG of 35:45, at most 15 kB, and its SHA-256."""

    jpeg: bytes = field(repr=False)
    sha256: str


def make_photo(content: bytes) -> Photo:
    """The portrait in a file somebody sent. The same file gives the same bytes."""
    if len(content) > MAX_BYTES:
        raise PhotoRefused("is larger than 5 MB", "Save it smaller")
    image = _decode(_open(content))
    jpeg = _encode(_cut(image))
    return Photo(jpeg, sha256(jpeg).hexdigest())


def _open(content: bytes) -> ImageFile:
    """Reads the head only; by its first bytes, not by its name or what else it could be."""
    opener = next((opener for magic, opener in _OPENERS.items() if content.startswith(magic)), None)
    if opener is None:
        raise PhotoRefused("is neither JPEG nor PNG", "Save it as JPEG")
    try:
        image = opener(io.BytesIO(content))
    except _BROKEN as error:
        raise PhotoRefused("is damaged", "Save it again") from error
    if image.width * image.height > MAX_PIXELS:
        raise PhotoRefused("has more than 25 million pixels", "Save it smaller")
    return image


def _decode(image: ImageFile) -> Image.Image:
    """The pixels, the right way up, in plain colours on white."""
    _check_size(image)
    image.draft("RGB", (2 * _CARD_SIZES[0][0], 2 * _CARD_SIZES[0][1]))
    try:
        upright = ImageOps.exif_transpose(image)
    except _BROKEN as error:
        raise PhotoRefused("is damaged", "Save it again") from error
    if upright.mode.startswith(("I", "F")):
        raise PhotoRefused("has more than 8 bits per colour", "Save it as JPEG")
    _check_ratio(upright)
    on_white = Image.new("RGBA", upright.size, "white")
    on_white.alpha_composite(upright.convert("RGBA"))
    return on_white.convert("RGB")


def _check_size(image: Image.Image) -> None:
    short, long = sorted(image.size)
    if short < MIN_SIZE[0] or long < MIN_SIZE[1]:
        raise PhotoRefused("is smaller than 250 by 350 pixels", "Take one of at least 354 by 496")


def _check_ratio(image: Image.Image) -> None:
    if abs(image.width / image.height / _PORTRAIT - 1) > _TOLERANCE:
        raise PhotoRefused("is not 35 wide to 45 high", "Cut it to that shape")


def _cut(image: Image.Image) -> Image.Image:
    return ImageOps.fit(image, _CARD_SIZES[0], Image.Resampling.LANCZOS)


def _encode(image: Image.Image) -> bytes:
    """The best quality that stays small enough; noise may need a smaller picture."""
    for size in _CARD_SIZES:
        smaller = image.resize(size, Image.Resampling.LANCZOS) if image.size != size else image
        for quality in _QUALITIES:
            jpeg = io.BytesIO()
            smaller.save(jpeg, "JPEG", quality=quality, optimize=True)
            if jpeg.tell() <= MAX_CARD_BYTES:
                return jpeg.getvalue()
    raise PhotoRefused("cannot be made small enough", "Take one with a plain background")
