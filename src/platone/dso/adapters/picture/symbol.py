"""Symbols, drawn by us after IEC 60617: each about 20 units wide, around (0, 0).

Their strokes and fills come from classes; see :data:`STYLE`.
"""

import math

from platone.dso.adapters.picture.markup import tag
from platone.dso.domain.picture.graph import Hanging, HangKind

STYLE = (
    "text{font-family:'DejaVu Sans',Verdana,sans-serif;fill:#1c2530}"
    ".edge{fill:none;stroke-linecap:round}"
    ".open{stroke-dasharray:5 5}"
    ".bar{stroke-linecap:round;fill:none}"
    ".coil{fill:#fff;fill-opacity:.85}"
    ".wire{fill:none;stroke:#5d6976;stroke-width:1.3}"
    ".solid{fill:#5d6976;stroke:#5d6976;stroke-width:1.3;stroke-linejoin:round}"
    ".hollow{fill:#fff;stroke:#5d6976;stroke-width:1.3}"
    ".contact{fill:#7d8894}"
    ".halo{paint-order:stroke;stroke:#fff;stroke-width:3;stroke-linejoin:round}"
    ".alarm path{fill:#d23a00;stroke:#1c2530;stroke-width:1.2;stroke-linejoin:round}"
    ".alarm text{fill:#fff;font-weight:bold;font-size:11px;text-anchor:middle}"
    ".bad{fill:#fff;stroke:#7a0f4d;stroke-width:2}"
    ".measured{fill:#1c2530;stroke:#fff;stroke-width:1}"
    ".quiet{fill:#5b6672}"
)

_HANGING = {
    HangKind.SOURCE: '<path class="hollow" d="M-9-9h18v18h-18z"/>'
    '<path class="wire" d="M-9-3l6-6M-9 3l12-12M-9 9l18-18M-3 9l12-12M3 9l6-6"/>',
    HangKind.GENERATOR: '<circle class="hollow" r="9"/>'
    '<path class="wire" d="M4-3a5 5 0 1 0 0 6.500v-3h-3.500"/>',
    HangKind.GENERATION: '<circle class="hollow" r="9"/>'
    '<path class="wire" d="M-5 0c2-5 4-5 5 0s3 5 5 0"/>',
    HangKind.LOAD: '<path class="wire" d="M-9 0h9"/><path class="solid" d="M0-5.500L9 0 0 5.500z"/>',
    HangKind.POD: '<path class="hollow" d="M-9-7h18v14h-18z"/>'
    '<path class="solid" d="M-3-4L4 0-3 4z"/>',
}
_CAPACITOR = (
    '<path class="hollow" d="M-9-9h18v18h-18z" stroke="none"/>'
    '<path class="wire" d="M-9 0h6M-3-7v14M2-7v14M2 0h7M9-5v10"/>'
)
_REACTOR = '<path class="wire" d="M-9 0a3 3 0 0 1 6 0a3 3 0 0 1 6 0a3 3 0 0 1 6 0M9-5v10"/>'


def hanging_symbol(hanging: Hanging) -> str:
    """Of what hangs on a bus."""
    if hanging.kind is HangKind.SHUNT:
        return _CAPACITOR if hanging.capacitive else _REACTOR
    return _HANGING[hanging.kind]


def transformer_symbol(colour: str, width: float, angle_deg: float) -> str:
    """Two windings, along a direction."""
    coils = [tag("circle", class_="coil", cx=side, r=9) for side in (-6, 6)]
    coils.append(tag("circle", fill="none", cx=-6, r=9))
    return tag("g", coils, stroke=colour, stroke_width=width, transform=f"rotate({angle_deg:.0f})")


def star_symbol(colour: str, width: float) -> str:
    """Three windings."""
    around = [math.tau * turn / 3 for turn in range(3)]
    spots = [(-7 * math.cos(angle), 7 * math.sin(angle)) for angle in around]
    coils = [tag("circle", class_="coil", cx=x, cy=y, r=9) for x, y in spots]
    coils.append(tag("circle", fill="none", cx=spots[0][0], cy=spots[0][1], r=9))
    return tag("g", coils, stroke=colour, stroke_width=width)


def switch_symbol(*, closed: bool, angle_deg: float) -> str:
    """A contact: filled when closed; hollow, with its blade beside the way, when open."""
    if closed:
        shape = tag("path", class_="contact", d="M-3-3h6v6h-6z")
    else:
        shape = tag("path", class_="hollow", d="M-4-4h8v8h-8z") + tag(
            "path", class_="wire", d="M-4 0L5-9"
        )
    return tag("g", shape, transform=f"rotate({angle_deg:.0f})")


def alarm_symbol() -> str:
    """A triangle with an exclamation mark."""
    inside = tag("path", d="M0-11L11 8H-11z") + tag("text", "!", y=6)
    return tag("g", inside, class_="alarm")


def mark_symbol(mark: str) -> str:
    """A crossed circle for a bad measurement, a diamond for a measured element."""
    if mark == "bad":
        return tag("circle", class_="bad", r=7) + tag("path", class_="bad", d="M-5-5L5 5M-5 5L5-5")
    return tag("path", class_="measured", d="M0-6L6 0 0 6-6 0z")
