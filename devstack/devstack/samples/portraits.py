"""Portraits of people who do not exist: drawn, friendly, 35 wide to 45 high."""

from PIL import Image

from devstack.samples.canvas import Canvas, Colour, mirrored, mix
from devstack.samples.hair import MIDDLE, SKULL, draw_hair, draw_hair_behind
from devstack.samples.looks import Look, look_of
from devstack.samples.people import SampleStudent

CHIN = 402.0
EYES = 272.0
WHITE: Colour = (252, 252, 250)
INK: Colour = (40, 32, 34)


def draw_portrait(student: SampleStudent) -> Image.Image:
    look = look_of(student)
    canvas = Canvas(mix(look.background, WHITE, 0.5), look.background)
    draw_hair_behind(canvas, look)
    _body(canvas, look)
    _head(canvas, look)
    _beard(canvas, look)
    _face(canvas, look)
    draw_hair(canvas, look)
    _extras(canvas, look)
    return canvas.finished()


def _body(canvas: Canvas, look: Look) -> None:
    broad = 168 if look.sex == "female" else 190
    neck = 0.5 * look.width if look.sex == "female" else 0.62 * look.width
    shoulders = [(neck - 6, 418), (neck + 14, 440), (broad * 0.72, 462), (broad, 500), (broad + 12, 580)]
    canvas.shape(mirrored([(MIDDLE + x, y) for x, y in shoulders]), look.cloth)
    canvas.shape(
        mirrored([(MIDDLE + neck, 340), (MIDDLE + neck, 420), (MIDDLE + neck + 14, 452), (MIDDLE + 20, 478)]),
        look.skin,
    )
    shadow = [(neck - 12, 376), (neck - 4, 394), (0.66 * neck, 422), (12, 432)]
    canvas.shape(mirrored([(MIDDLE + x, y) for x, y in shadow]), look.shade)
    _garment(canvas, look, neck)


def _garment(canvas: Canvas, look: Look, neck: float) -> None:
    dark, light = mix(look.cloth, INK, 0.3), mix(look.cloth, WHITE, 0.8)
    match look.garment:
        case "crew":
            _neckline(canvas, look, neck, 486)
        case "roll":
            canvas.shape(
                mirrored([(MIDDLE + neck + 4, 424), (MIDDLE + neck + 10, 462), (MIDDLE + 20, 480)]),
                look.cloth,
            )
            canvas.line([(MIDDLE - neck - 4, 426), (MIDDLE, 444), (MIDDLE + neck + 4, 426)], dark, 4)
        case "shirt":
            _collar(canvas, look.cloth, dark, neck)
        case "blazer":
            canvas.area(
                [(MIDDLE - neck - 8, 440), (MIDDLE, 560), (MIDDLE + neck + 8, 440), (MIDDLE, 490)], light
            )
            _collar(canvas, light, mix(light, INK, 0.25), neck)
            for side in (-1, 1):
                edge = MIDDLE + side * (neck + 14)
                canvas.area(
                    [(edge, 440), (edge + side * 34, 476), (MIDDLE + side * 6, 560), (edge - side * 8, 470)],
                    dark,
                )
        case "hoodie":
            for side in (-1, 1):
                canvas.shape(
                    [
                        (MIDDLE + side * (neck - 4), 436),
                        (MIDDLE + side * (neck + 44), 446),
                        (MIDDLE + side * 66, 486),
                        (MIDDLE + side * 12, 506),
                    ],
                    dark,
                )
                canvas.line([(MIDDLE + side * 22, 500), (MIDDLE + side * 26, 536)], light, 4)
        case _:
            _neckline(canvas, look, neck, 526)


def _neckline(canvas: Canvas, look: Look, neck: float, depth: float) -> None:
    tip = (MIDDLE, depth)
    canvas.area([(MIDDLE - neck - 2, 428), (MIDDLE + neck + 2, 428), tip], look.skin)
    for side in (-1, 1):
        edge = (MIDDLE + side * (neck + 4), 428.0)
        canvas.area([edge, tip, (MIDDLE + side * 130, 540), (MIDDLE + side * 100, 456)], look.cloth)
        canvas.line([edge, tip], mix(look.cloth, INK, 0.3), 9)


def _collar(canvas: Canvas, colour: Colour, edge: Colour, neck: float) -> None:
    for side in (-1, 1):
        tip = (MIDDLE + side * 40, 506)
        corners = [(MIDDLE + side * (neck + 4), 428), (MIDDLE + side * (neck + 20), 456), tip, (MIDDLE, 478)]
        canvas.area(corners, colour)
        canvas.line([corners[1], tip, corners[3]], edge, 2.5)


def _head(canvas: Canvas, look: Look) -> None:
    w = look.width
    for side in (-1, 1):
        canvas.dot(MIDDLE + side * (w + 3), 286, 15, 26, look.skin)
        canvas.line(
            [(MIDDLE + side * (w + 5), 272), (MIDDLE + side * (w + 9), 286), (MIDDLE + side * (w + 3), 300)],
            look.shade,
            3,
        )
    outline = [
        (MIDDLE + 0.35 * w, SKULL + 3),
        (MIDDLE + 0.86 * w, SKULL + 52),
        (MIDDLE + w, 236),
        (MIDDLE + 0.98 * w, 300),
        (MIDDLE + look.jaw * w + 6, 358),
        (MIDDLE + 0.36 * w, CHIN - 6),
    ]
    canvas.shape(mirrored(outline), look.skin)


def _face(canvas: Canvas, look: Look) -> None:
    blush = mix(look.skin, (226, 110, 100), 0.2)
    for side in (-1, 1):
        canvas.dot(MIDDLE + side * 58, 324, 21, 14, blush)
        _eye(canvas, look, side)
    if look.freckles:
        for x, y in ((36, 312), (48, 318), (60, 312), (70, 322), (42, 326), (56, 330)):
            canvas.dot(MIDDLE - x, y, 1.8, 1.8, look.shade)
            canvas.dot(MIDDLE + x, y, 1.8, 1.8, look.shade)
    nose = 13 * look.nose
    canvas.line(
        [
            (MIDDLE + 3, 288),
            (MIDDLE + 8, 312),
            (MIDDLE + nose, 322),
            (MIDDLE + 2, 329),
            (MIDDLE - nose + 4, 325),
        ],
        look.shade,
        3.2,
    )
    _mouth(canvas, look)


def _eye(canvas: Canvas, look: Look, side: int) -> None:
    x, brow = MIDDLE + side * look.eye_gap, mix(look.hair, INK, 0.35)
    canvas.shape([(x - 19, EYES + 1), (x, EYES - 11), (x + 19, EYES + 1), (x, EYES + 9)], WHITE)
    canvas.dot(x, EYES - 1, 9.5, 9.5, look.eyes)
    canvas.dot(x, EYES - 1, 5, 5, INK)
    canvas.dot(x + 3, EYES - 4, 2.4, 2.4, WHITE)
    canvas.line([(x - 20, EYES + 2), (x, EYES - 11), (x + 20, EYES + 2)], mix(look.line, INK, 0.5), 3)
    if look.sex == "female":
        canvas.line([(x + side * 18, EYES - 1), (x + side * 25, EYES - 7)], INK, 2.6)
    outer, inner = x + side * 25, x - side * 19
    width = 5 if look.sex == "female" else 7.5
    canvas.line([(inner, 241), (x + side * 6, 235 - look.brow), (outer, 246)], brow, width)


def _mouth(canvas: Canvas, look: Look) -> None:
    wide, y, smile = 30, 356.0, look.smile
    lips = mix(look.skin, (190, 60, 70), 0.45 if look.sex == "female" else 0.25)
    left, right = (MIDDLE - wide, y - smile * 0.6), (MIDDLE + wide, y - smile * 0.6)
    if smile > 8:
        canvas.shape([left, (MIDDLE, y + 2), right, (MIDDLE, y + smile + 8)], lips)
        canvas.shape(
            [
                (left[0] + 6, left[1] + 4),
                (MIDDLE, y + 4),
                (right[0] - 6, right[1] + 4),
                (MIDDLE, y + smile + 2),
            ],
            WHITE,
        )
    else:
        canvas.shape(
            [left, (MIDDLE - 8, y - 5), (MIDDLE, y - 3), (MIDDLE + 8, y - 5), right, (MIDDLE, y + smile + 5)],
            lips,
        )
        canvas.line([left, (MIDDLE, y + smile * 0.5), right], mix(lips, INK, 0.4), 2.6)
    for side in (-1, 1):
        corner = MIDDLE + side * (wide + 3)
        canvas.line([(corner, left[1] - 4), (corner + side * 2, left[1] + 3)], look.shade, 2.5)


def _beard(canvas: Canvas, look: Look) -> None:
    w = look.width
    if look.beard in {"stubble", "full"}:
        dark = mix(look.hair, INK, 0.25)
        colour = mix(dark, look.skin, 0.72 if look.beard == "stubble" else 0.05)
        half = [(0.0, 337.0), (0.36, 342), (0.6, 346), (0.8, 316), (0.9, 268), (0.99, 270)]
        cheek = [(MIDDLE + part * w, y) for part, y in half]
        jaw = [(MIDDLE + look.jaw * w + 7, 361), (MIDDLE + 0.38 * w, CHIN + 2)]
        canvas.shape(mirrored([*cheek, *jaw]), colour)
    if look.beard in {"moustache", "full"}:
        canvas.shape(
            mirrored([(MIDDLE + 6, 334), (MIDDLE + 32, 344), (MIDDLE + 36, 352), (MIDDLE + 14, 350)]),
            mix(look.hair, INK, 0.1),
        )


def _extras(canvas: Canvas, look: Look) -> None:
    if look.glasses:
        frame = mix(look.cloth, INK, 0.75)
        for side in (-1, 1):
            canvas.ring(MIDDLE + side * (look.eye_gap + 1), EYES + 2, 33, 26, frame, 4)
            canvas.line(
                [(MIDDLE + side * (look.eye_gap + 33), EYES - 6), (MIDDLE + side * look.width, EYES - 10)],
                frame,
                4,
            )
        canvas.line(
            [
                (MIDDLE - look.eye_gap + 32, EYES - 2),
                (MIDDLE, EYES - 7),
                (MIDDLE + look.eye_gap - 32, EYES - 2),
            ],
            frame,
            4,
        )
    if look.earrings:
        for side in (-1, 1):
            canvas.dot(MIDDLE + side * (look.width + 5), 314, 5, 5, (232, 196, 96))
