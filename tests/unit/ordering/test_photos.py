import io
import struct
import zlib
from hashlib import sha256
from random import Random

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from ordering.photos import MAX_BYTES, MAX_CARD_BYTES, PhotoRefused, make_photo

GPS = 0x8825
ORIENTATION = 0x0112


def portrait(size: tuple[int, int] = (420, 540), mode: str = "RGB") -> Image.Image:
    """Dark above and light below, so that it has a right way up."""
    image = Image.new(mode, size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0], size[1] // 2), fill="black")
    return image


def saved(image: Image.Image, kind: str = "JPEG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def made(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(make_photo(content).jpeg))


def refusal(content: bytes) -> str:
    with pytest.raises(PhotoRefused) as caught:
        make_photo(content)
    assert caught.value.cure
    return caught.value.what


def png_head(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and has hardly anything in it."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [
        struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in (head, pixels)
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_good_photo_becomes_a_small_jpeg_of_the_cards_shape(kind: str) -> None:
    photo = make_photo(saved(portrait(), kind))

    image = Image.open(io.BytesIO(photo.jpeg))
    assert (image.format, image.size, image.mode) == ("JPEG", (350, 450), "RGB")
    assert len(photo.jpeg) <= MAX_CARD_BYTES
    assert photo.sha256 == sha256(photo.jpeg).hexdigest()


def test_the_same_file_gives_the_same_photo() -> None:
    content = saved(portrait())

    assert make_photo(content) == make_photo(content)


def test_noise_becomes_small_enough_too() -> None:
    noise = Image.frombytes("RGB", (700, 900), Random(1).randbytes(700 * 900 * 3))

    photo = make_photo(saved(noise, quality=95))

    assert len(photo.jpeg) <= MAX_CARD_BYTES


def test_a_phones_photo_is_turned_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    lying = portrait().transpose(Image.Transpose.ROTATE_90)

    image = made(saved(lying, exif=exif))

    assert image.size == (350, 450)
    assert image.getpixel((175, 20)) == pytest.approx((0, 0, 0), abs=8)
    assert image.getpixel((175, 430)) == pytest.approx((255, 255, 255), abs=8)


def test_where_it_was_taken_and_what_was_written_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010F] = "MAKER-SECRET"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (51.0, 14.0, 53.0)
    content = saved(portrait(), exif=exif, comment=b"COMMENT-SECRET", icc_profile=b"PROFILE-SECRET" * 20)
    assert b"MAKER-SECRET" in content

    jpeg = make_photo(content).jpeg

    assert dict(Image.open(io.BytesIO(jpeg)).getexif()) == {}
    assert b"SECRET" not in jpeg
    assert b"Exif" not in jpeg


def test_text_in_a_png_is_gone() -> None:
    text = PngInfo()
    text.add_text("Comment", "WRITTEN-SECRET")

    assert b"SECRET" not in make_photo(saved(portrait(), "PNG", pnginfo=text)).jpeg


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04 archive", b"%PDF-1.7"])
def test_what_hides_behind_the_picture_is_gone(tail: bytes) -> None:
    assert tail not in make_photo(saved(portrait()) + tail).jpeg


def test_what_can_be_seen_through_becomes_white() -> None:
    assert made(saved(Image.new("RGBA", (420, 540), (0, 0, 0, 0)), "PNG")).getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK"])
def test_other_kinds_of_colours_are_taken(mode: str) -> None:
    kind = "PNG" if mode == "P" else "JPEG"

    assert made(saved(portrait().convert(mode), kind)).mode == "RGB"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"GIF89a" + saved(portrait()),
        b"%PDF-1.7\n" + saved(portrait()),
        b"<html>" + saved(portrait()),
        saved(portrait(), "GIF"),
        saved(portrait(), "WEBP"),
        saved(portrait(), "BMP"),
        saved(portrait(), "TIFF"),
    ],
)
def test_only_jpeg_and_png_are_taken_whatever_the_name_says(content: bytes) -> None:
    assert refusal(content) == "is neither JPEG nor PNG"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff\xe0 and no picture",
        b"\x89PNG\r\n\x1a\n and no picture",
        saved(portrait())[:900],
        saved(portrait(), "PNG")[:-60],
        png_head(420, 540),
    ],
)
def test_a_damaged_picture_is_refused(content: bytes) -> None:
    assert refusal(content) == "is damaged"


def test_a_large_file_is_refused_unread() -> None:
    assert refusal(saved(portrait()) + bytes(MAX_BYTES)) == "is larger than 5 MB"


def test_a_decompression_bomb_is_refused_by_what_its_head_says() -> None:
    assert refusal(png_head(35_000, 45_000)) == "has more than 25 million pixels"


@pytest.mark.parametrize("size", [(1, 1), (249, 350), (250, 349), (35, 45)])
def test_a_tiny_picture_is_refused(size: tuple[int, int]) -> None:
    assert refusal(saved(portrait(size))) == "is smaller than 250 by 350 pixels"


@pytest.mark.parametrize("size", [(250, 350), (354, 496), (413, 531), (600, 800), (3500, 4500)])
def test_usual_portraits_are_taken(size: tuple[int, int]) -> None:
    assert made(saved(portrait(size))).size == (350, 450)


@pytest.mark.parametrize("size", [(540, 420), (500, 500), (400, 700)])
def test_another_shape_is_refused(size: tuple[int, int]) -> None:
    assert refusal(saved(portrait(size))) == "is not 35 wide to 45 high"


def test_sixteen_bits_per_colour_are_refused() -> None:
    assert refusal(saved(Image.new("I;16", (420, 540)), "PNG")) == "has more than 8 bits per colour"
