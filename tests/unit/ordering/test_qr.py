"""QR codes: readable, quick, and nothing but shapes."""

import io
import re
import time

import pytest
import zxingcpp
from PIL import Image

from ordering import qr

PAYLOAD = (
    "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Flocalhost%3A8004%2Foffers%2F" + "Ab_-" * 8
)


@pytest.mark.parametrize("text", [PAYLOAD, "a", "zażółć gęślą jaźń", "https://wallet.example/" + "x" * 500])
def test_a_png_reads_as_what_was_written(text: str) -> None:
    [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr.png(text))).convert("L"))

    assert read.text == text


def test_svg_and_png_show_the_same_modules() -> None:
    rows = qr.matrix(PAYLOAD)
    drawn = [[False] * len(rows) for _ in rows]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", qr.svg(PAYLOAD)):
        for column in range(int(x), int(x) + int(width)):
            drawn[int(y)][column] = True

    picture = Image.open(io.BytesIO(qr.png(PAYLOAD)))
    assert drawn == rows
    assert [
        [picture.getpixel((column * qr.PNG_SCALE, row * qr.PNG_SCALE)) == 0 for column in range(len(rows))]
        for row in range(len(rows))
    ] == rows


def test_there_is_a_quiet_zone_of_four_modules() -> None:
    rows = qr.matrix(PAYLOAD)

    assert not any(any(row) for row in rows[:4] + rows[-4:])
    assert not any(any(row[:4] + row[-4:]) for row in rows)


def test_a_code_of_120_characters_takes_less_than_5_milliseconds_of_cpu() -> None:
    qr.svg(PAYLOAD)
    rounds = []
    for _ in range(10):
        begun = time.process_time()
        qr.svg(PAYLOAD)
        rounds.append(time.process_time() - begun)

    assert len(PAYLOAD) >= 120
    assert min(rounds) < 0.005
