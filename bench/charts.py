"""Bar charts as SVG: readable on light and dark pages, and without colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bench.figures import told

WIDTH, LEFT, RIGHT, ROW, TOP = 720, 190, 110, 30, 44
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #222 } .title { font-weight: 600 }
rect { fill: #2f6fa7 } line { stroke: #222; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { text { fill: #eee } rect { fill: #6aa9dd } line { stroke: #eee } }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value, with the line from the least to the most that was measured."""

    label: str
    value: float
    least: float
    most: float


def bar_chart(title: str, unit: str, bars: Sequence[Bar]) -> str:
    height, longest = TOP + ROW * len(bars) + 10, max(bar.most for bar in bars) or 1
    rows = [_row(bar, unit, TOP + ROW * number, longest) for number, bar in enumerate(bars)]
    words = "; ".join(f"{bar.label}: {told(bar.value)} {unit}" for bar in bars)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title><desc>{escape(words)}</desc><style>{STYLE}</style>",
            f'<text class="title" x="8" y="24">{escape(title)}</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _row(bar: Bar, unit: str, top: float, longest: float) -> str:
    scale = (WIDTH - LEFT - RIGHT) / longest
    middle = top + ROW / 2
    least, most = LEFT + bar.least * scale, LEFT + bar.most * scale
    spread = (
        f'<line x1="{least:.1f}" x2="{most:.1f}" y1="{middle:.1f}" y2="{middle:.1f}"/>'
        if most > least
        else ""
    )
    return (
        f'<text x="{LEFT - 8}" y="{middle + 5:.1f}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect x="{LEFT}" y="{top + 5}" width="{bar.value * scale:.1f}" height="{ROW - 10}" rx="2"/>{spread}'
        f'<text x="{most + 8:.1f}" y="{middle + 5:.1f}">{told(bar.value)} {escape(unit)}</text>'
    )
