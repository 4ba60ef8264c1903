"""Pictures of codes, as a camera sees them on the screen of a phone."""

import io
from pathlib import Path

import qrcode
from PIL import Image
from qrcode.image.pil import PilImage

FILM = (960, 720)


def picture_of(code: str, size: tuple[int, int] = FILM) -> Image.Image:
    """A code on a dark desk, a little askew."""
    drawn = qrcode.make(code, image_factory=PilImage, border=4).get_image().convert("L")
    drawn = drawn.resize((560, 560), Image.Resampling.LANCZOS)
    held = drawn.rotate(4, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    desk = Image.new("L", size, 90)
    desk.paste(held, ((size[0] - held.width) // 2, (size[1] - held.height) // 2))
    return desk


def png(picture: Image.Image) -> bytes:
    body = io.BytesIO()
    picture.save(body, "png")
    return body.getvalue()


def film(picture: Image.Image, path: Path) -> Path:
    """One frame, which Chromium's camera repeats: the kind `.mjpeg`."""
    picture.convert("RGB").save(path, "jpeg", quality=90)
    return path
