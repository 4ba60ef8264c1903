"""Smooth shapes in plain colours, drawn twice as large and made smaller for soft edges."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

SIZE = (420, 540)
_LARGER = 2
_STEPS = 10
_SEEN = (28, 26, 392, 494)  # what the finished picture shows: the face fills most of it

Point = tuple[float, float]
Colour = tuple[int, int, int]


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other: 0 keeps the colour."""
    red, green, blue = (round(one + (two - one) * share) for one, two in zip(colour, other, strict=True))
    return red, green, blue


def mirrored(points: Sequence[Point], middle: float = SIZE[0] / 2) -> list[Point]:
    """A shape from its right half, told from above downwards."""
    return [*points, *((2 * middle - x, y) for x, y in reversed(points))]


class Canvas:
    """A portrait being drawn, in units of the finished picture."""

    def __init__(self, above: Colour, below: Colour) -> None:
        column = Image.new("RGB", (1, 2))
        column.putpixel((0, 0), above)
        column.putpixel((0, 1), below)
        large = (SIZE[0] * _LARGER, SIZE[1] * _LARGER)
        self._image = column.resize(large, Image.Resampling.BILINEAR)
        self._draw = ImageDraw.Draw(self._image)

    def shape(self, corners: Sequence[Point], colour: Colour) -> None:
        """A closed curve through all corners."""
        around = [corners[-1], *corners, *corners[:2]]
        self._draw.polygon(_curve(around), fill=colour)

    def area(self, corners: Sequence[Point], colour: Colour) -> None:
        """With straight sides."""
        self._draw.polygon([_large(corner) for corner in corners], fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """An open curve, drawn as with a round brush."""
        brush = width * _LARGER / 2
        for x, y in _curve([points[0], *points, points[-1]], steps=3 * _STEPS):
            self._draw.ellipse((x - brush, y - brush, x + brush, y + brush), fill=colour)

    def dot(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """An ellipse by its middle and its two half axes."""
        box = (*_large((x - wide, y - high)), *_large((x + wide, y + high)))
        self._draw.ellipse(box, fill=colour)

    def ring(self, x: float, y: float, wide: float, high: float, colour: Colour, width: float) -> None:
        box = (*_large((x - wide, y - high)), *_large((x + wide, y + high)))
        radius = round(min(wide, high) * 0.75 * _LARGER)
        self._draw.rounded_rectangle(box, radius, outline=colour, width=round(width * _LARGER))

    def finished(self) -> Image.Image:
        left, above, right, below = (edge * _LARGER for edge in _SEEN)
        return self._image.resize(SIZE, Image.Resampling.LANCZOS, box=(left, above, right, below))


def _large(point: Point) -> Point:
    return point[0] * _LARGER, point[1] * _LARGER


def _curve(points: Sequence[Point], steps: int = _STEPS) -> list[Point]:
    """Catmull-Rom through all but the first and the last."""
    curve: list[Point] = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        for step in range(steps):
            t = step / steps
            curve.append(_large((_between(a[0], b[0], c[0], d[0], t), _between(a[1], b[1], c[1], d[1], t))))
    curve.append(_large(points[-2]))
    return curve


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
