"""How an invented person looks: chosen once, from the name, so that everybody keeps their face."""

from dataclasses import dataclass
from random import Random

from devstack.samples.canvas import Colour, mix
from devstack.samples.names import Complexion, Sex
from devstack.samples.people import YEAR, SampleStudent

SKINS: dict[Complexion, tuple[Colour, ...]] = {
    "light": ((246, 214, 190), (240, 202, 174), (250, 222, 204), (234, 192, 162)),
    "tan": ((224, 178, 142), (212, 162, 124)),
    "brown": ((178, 124, 88), (160, 108, 74)),
    "dark": ((124, 82, 58), (104, 68, 50)),
}
BLACK: Colour = (42, 36, 38)
GREY: Colour = (150, 146, 144)
HAIR_COLOURS: dict[Complexion, tuple[Colour, ...]] = {
    "light": (
        (214, 178, 116),
        (182, 142, 92),
        (140, 100, 64),
        (104, 70, 46),
        (74, 50, 38),
        (52, 42, 40),
        (164, 84, 46),
    ),
    "tan": ((74, 50, 38), BLACK, (58, 44, 40)),
    "brown": (BLACK, (50, 38, 36)),
    "dark": (BLACK, (36, 30, 30)),
}
EYES: dict[Complexion, tuple[Colour, ...]] = {
    "light": ((82, 126, 160), (104, 132, 96), (116, 84, 56), (92, 108, 122)),
    "tan": ((96, 66, 44), (70, 48, 36)),
    "brown": ((66, 44, 34),),
    "dark": ((56, 38, 30),),
}
BACKGROUNDS: tuple[Colour, ...] = ((232, 237, 242), (238, 236, 230), (228, 236, 234), (240, 240, 240))
CLOTHES: tuple[Colour, ...] = (
    (46, 64, 92),
    (120, 52, 62),
    (62, 92, 82),
    (88, 88, 96),
    (196, 186, 168),
    (168, 112, 72),
    (92, 74, 118),
    (52, 54, 60),
    (112, 140, 168),
    (200, 132, 130),
)
HAIR_STYLES: dict[Sex, tuple[str, ...]] = {
    "female": ("parted", "fringe", "bun", "bob", "curls", "ponytail", "waves"),
    "male": ("side", "short", "quiff", "crop", "curly", "messy", "long"),
}
GARMENTS = ("crew", "shirt", "blazer", "hoodie", "roll", "v")


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that a portrait is drawn from."""

    sex: Sex
    skin: Colour
    hair: Colour
    eyes: Colour
    background: Colour
    cloth: Colour
    garment: str
    hair_style: str
    beard: str
    glasses: bool
    earrings: bool
    freckles: bool
    smile: float
    width: float
    jaw: float
    eye_gap: float
    nose: float
    brow: float

    @property
    def shade(self) -> Colour:
        return mix(self.skin, (120, 60, 40), 0.22)

    @property
    def line(self) -> Colour:
        """For what is drawn on the skin."""
        return mix(self.skin, (70, 30, 24), 0.5)


def look_of(student: SampleStudent) -> Look:
    chance = Random(f"look of {student.institution} {student.subject}")  # noqa: S311 (no secret)
    woman, age = student.sex == "female", YEAR - student.birth_date.year
    hair = chance.choice(HAIR_COLOURS[student.complexion])
    return Look(
        sex=student.sex,
        skin=chance.choice(SKINS[student.complexion]),
        hair=mix(hair, GREY, 0.5) if age > 42 else hair,
        eyes=chance.choice(EYES[student.complexion]),
        background=chance.choice(BACKGROUNDS),
        cloth=chance.choice(CLOTHES),
        garment=chance.choice(GARMENTS),
        hair_style=chance.choice(HAIR_STYLES[student.sex]),
        beard="" if woman or age < 21 else chance.choice(("", "", "", "stubble", "full", "moustache")),
        glasses=chance.random() < 0.25,
        earrings=woman and chance.random() < 0.45,
        freckles=student.complexion == "light" and chance.random() < 0.15,
        smile=chance.uniform(3, 11),
        width=chance.uniform(92, 99) if woman else chance.uniform(97, 105),
        jaw=chance.uniform(0.66, 0.74) if woman else chance.uniform(0.76, 0.86),
        eye_gap=chance.uniform(41, 46),
        nose=chance.uniform(0.85, 1.15),
        brow=chance.uniform(-2, 4),
    )
