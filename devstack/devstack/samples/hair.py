"""Hair: what lies behind the head, and what lies on it."""

import math
from random import Random

from devstack.samples.canvas import Canvas, Colour, Point, mirrored, mix
from devstack.samples.looks import Look

MIDDLE = 210.0
SKULL = 118.0  # where the head would end without hair
_CURTAINS = {
    "parted": (26, 486),
    "fringe": (26, 486),
    "waves": (40, 470),
    "long": (16, 428),
    "bob": (24, 392),
}


def draw_hair_behind(canvas: Canvas, look: Look) -> None:
    dark = mix(look.hair, (0, 0, 0), 0.22)
    if look.hair_style in _CURTAINS:
        canvas.shape(_curtain(look.width, *_CURTAINS[look.hair_style]), dark)
    match look.hair_style:
        case "waves":
            _waves(canvas, look.width, dark)
        case "curls":
            _curls(canvas, look, dark, behind=True)
        case "ponytail":
            canvas.shape([(262, 112), (338, 134), (362, 250), (346, 378), (322, 404), (312, 290)], dark)
        case "bun":
            canvas.dot(MIDDLE, 70, 46, 40, look.hair)
            canvas.line([(176, 74), (210, 60), (246, 76)], dark, 3)


def _waves(canvas: Canvas, w: float, colour: Colour) -> None:
    for y, out in ((330, 18), (382, 28), (434, 26)):
        for side in (-1, 1):
            canvas.dot(MIDDLE + side * (w + out), y, 36, 38, colour)


def draw_hair(canvas: Canvas, look: Look) -> None:
    match look.hair_style:
        case "curls" | "curly":
            canvas.shape(_cap(look, rise=14, temple=250, line=_BACK), look.hair)
            _curls(canvas, look, look.hair, behind=False)
        case "crop":
            canvas.shape(_cap(look, rise=8, temple=250, line=_FLAT), mix(look.hair, look.skin, 0.15))
        case _:
            rise, temple, line = _CAPS[look.hair_style]
            canvas.shape(_cap(look, rise, temple, line), look.hair)
            _strands(canvas, look)


# Hairlines from the right temple to the left, as parts of half the head's width and as heights.
_PARTED: tuple[Point, ...] = ((0.86, 232), (0.62, 188), (0.12, 146), (-0.02, 142), (-0.6, 186), (-0.86, 232))
_FRINGE: tuple[Point, ...] = ((0.88, 240), (0.66, 202), (0.2, 176), (-0.3, 166), (-0.62, 196), (-0.88, 240))
_BANGS: tuple[Point, ...] = ((0.9, 246), (0.6, 226), (0.2, 222), (-0.2, 222), (-0.6, 226), (-0.9, 246))
_FLAT: tuple[Point, ...] = ((0.9, 226), (0.74, 182), (0.3, 166), (-0.3, 166), (-0.74, 182), (-0.9, 226))
_BACK: tuple[Point, ...] = ((0.9, 224), (0.7, 180), (0.25, 154), (-0.25, 154), (-0.7, 180), (-0.9, 224))
_SIDE: tuple[Point, ...] = ((0.9, 226), (0.8, 180), (0.42, 152), (-0.1, 170), (-0.7, 194), (-0.9, 230))
_MESSY: tuple[Point, ...] = (
    (0.92, 232),
    (0.64, 190),
    (0.4, 204),
    (0.05, 180),
    (-0.3, 206),
    (-0.62, 188),
    (-0.92, 232),
)

_CAPS: dict[str, tuple[float, float, tuple[Point, ...]]] = {
    "parted": (24, 300, _PARTED),
    "waves": (28, 300, _PARTED),
    "fringe": (24, 300, _FRINGE),
    "bob": (26, 320, _BANGS),
    "bun": (16, 262, _BACK),
    "ponytail": (18, 262, _FRINGE),
    "side": (24, 258, _SIDE),
    "short": (16, 254, _FLAT),
    "quiff": (44, 254, _BACK),
    "messy": (32, 262, _MESSY),
    "long": (22, 300, _PARTED),
}


def _cap(look: Look, rise: float, temple: float, line: tuple[Point, ...]) -> list[Point]:
    """From the left temple over the top to the right one, and back along the hairline."""
    w, out = look.width, 9.0
    right = [
        (MIDDLE, SKULL - rise),
        (MIDDLE + 0.55 * w, SKULL - rise * 0.8 + 8),
        (MIDDLE + w + out * 0.4, 178 - rise * 0.3),
        (MIDDLE + w + out, 232),
        (MIDDLE + w + 2, temple),
    ]
    left = [(2 * MIDDLE - x, y) for x, y in reversed(right[1:])]
    inner = [(MIDDLE + part * w, y) for part, y in line]
    return [*left, *right, *inner]


def _curtain(w: float, out: float, end: float) -> list[Point]:
    """Hair that falls behind the head down to a height."""
    return mirrored(
        [
            (MIDDLE + 0.5 * w, SKULL - 22),
            (MIDDLE + w + out * 0.5, 190),
            (MIDDLE + w + out, 300),
            (MIDDLE + w + out * 0.8, end - 30),
            (MIDDLE + 0.7 * w, end),
        ]
    )


def _curls(canvas: Canvas, look: Look, colour: Colour, *, behind: bool) -> None:
    """A crown of curls; a woman's goes down to the shoulders."""
    chance = Random(f"curls {look.width}")  # noqa: S311 (no secret)
    reach = 150 if look.sex == "female" else 74
    if behind:
        for turn in range(-reach, reach + 1, 11):
            x, y = _around(look.width + 20, 176, turn)
            canvas.dot(x, y + 12, 31, 31, colour)
        return
    light = mix(colour, (255, 255, 255), 0.12)
    for turn in range(-82, 83, 13):
        x, y = _around(look.width - 4, 112, turn)
        canvas.dot(x, y, chance.uniform(22, 27), chance.uniform(22, 27), colour)
        canvas.line([(x - 9, y + 3), (x - 3, y - 9), (x + 8, y - 5)], light, 2)


def _around(wide: float, high: float, turn: float) -> Point:
    """A point around the upper head; 0 degrees is the top."""
    angle = math.radians(turn)
    return MIDDLE + wide * math.sin(angle), 236 - high * math.cos(angle)


def _strands(canvas: Canvas, look: Look) -> None:
    """A few lighter lines, so that hair is no helmet."""
    light = mix(look.hair, (255, 246, 230), 0.16)
    w, top = look.width, SKULL - _CAPS[look.hair_style][0]
    for part in (-0.55, -0.3, 0.3, 0.55):
        start = (MIDDLE + part * w * 0.5, top + 16)
        middle = (MIDDLE + part * w * 1.1, top + 34)
        canvas.line([start, middle, (MIDDLE + part * w * 1.55, top + 70)], light, 2.4)
