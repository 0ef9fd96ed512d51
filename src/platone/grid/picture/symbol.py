"""Symbols, drawn by us after IEC 60617: each about 20 units wide, around (0, 0).

Their strokes and fills come from classes; see :data:`STYLE`.
"""

import math
from collections.abc import Mapping

from platone.grid.picture.graph import Attachment, AttachmentKind
from platone.kernel.markup import tag
from platone.kernel.style.sheet import colours


def _painted(colour: Mapping[str, str]) -> str:
    """Return the rules that paint in the colours of a ground."""
    card, ink, wire = colour["card"], colour["ink"], colour["wire"]
    return (
        f"text{{fill:{ink}}}"
        f".ground{{fill:{card}}}"
        f".coil{{fill:{card}}}"
        f".wire{{stroke:{wire}}}"
        f".solid{{fill:{wire};stroke:{wire}}}"
        f".hollow{{fill:{card};stroke:{wire}}}"
        f".contact{{fill:{colour['edge']}}}"
        f".halo{{stroke:{card}}}"
        f".alarm{{fill:{colour['over']};stroke:{ink}}}"
        f".cry{{stroke:{card}}}"
        f".bad{{fill:{card};stroke:{colour['bad']}}}"
        f".measured{{fill:{wire};stroke:{card}}}"
        f".added,.changed{{fill:{card};stroke:{colour['accent']}}}"
        f".quiet{{fill:{colour['soft']}}}"
    )


STYLE = (
    "text{font-family:'DejaVu Sans',Verdana,sans-serif}"
    ".edge{fill:none;stroke-linecap:round}"
    ".open{stroke-dasharray:5 5}"
    ".supposed{stroke-opacity:.55}"
    ".bar{stroke-linecap:round;fill:none}"
    ".coil{fill-opacity:.85}"
    ".wire{fill:none;stroke-width:1.3}"
    ".solid{stroke-width:1.3;stroke-linejoin:round}"
    ".hollow{stroke-width:1.3}"
    ".halo{paint-order:stroke;stroke-width:3;stroke-linejoin:round}"
    ".alarm{stroke-width:1.2;stroke-linejoin:round}"
    ".cry{fill:none;stroke-width:2}"
    ".bad,.added,.changed{stroke-width:2}"
    ".measured{stroke-width:1}"
    + _painted(colours())
    + "@media screen and (prefers-color-scheme:dark){"
    + _painted(colours(dark=True))
    + "}"
)
"""The style of a picture that stands alone: dark where people read light on dark, not on paper."""
EITHER = colours()["edge"]
"""Colour that is seen on both grounds, of symbols in a legend."""

_RING = "M9 0A9 9 0 1 1-9 0A9 9 0 1 1 9 0z"
SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    "source": (
        ("hollow", "M-9-9h18v18h-18z"),
        ("wire", "M-9-3l6-6M-9 3l12-12M-9 9l18-18M-3 9l12-12M3 9l6-6"),
    ),
    "generator": (("hollow", _RING), ("wire", "M4-3a5 5 0 1 0 0 6.5v-3h-3.5")),
    "generation": (("hollow", _RING), ("wire", "M-5 0c2-5 4-5 5 0s3 5 5 0")),
    "load": (("wire", "M-9 0h9"), ("solid", "M0-5.5L9 0L0 5.5z")),
    "pod": (("hollow", "M-9-7h18v14h-18z"), ("solid", "M-3-4L4 0L-3 4z")),
    "capacitor": (("wire", "M-9 0h6M-3-7v14M2-7v14M2 0h7M9-5v10"),),
    "reactor": (("wire", "M-9 0a3 3 0 0 1 6 0a3 3 0 0 1 6 0a3 3 0 0 1 6 0M9-5v10"),),
    "closed": (("contact", "M-3-3h6v6h-6z"),),
    "opened": (("hollow", "M-4-4h8v8h-8z"), ("wire", "M-4 0L5-9")),
    "alarm": (("alarm", "M0-11L11 8H-11z"), ("cry", "M0-4v5.5M0 4v1.6")),
    "bad": (("bad", "M7 0A7 7 0 1 1-7 0A7 7 0 1 1 7 0z"), ("bad", "M-5-5L5 5M-5 5L5-5")),
    "measured": (("measured", "M0-6L6 0L0 6L-6 0z"),),
    "added": (("added", "M7 0A7 7 0 1 1-7 0A7 7 0 1 1 7 0z"), ("added", "M-4 0H4M0-4V4")),
    "changed": (("changed", "M0-8L8 6H-8z"),),
}
"""Paths with their classes, in the order in which they are drawn; the page draws the same."""

STYLE_OF_PAGE: dict[str, tuple[str, str, float]] = {
    "wire": ("", "wire", 1.3),
    "solid": ("wire", "wire", 1.3),
    "hollow": ("card", "wire", 1.3),
    "contact": ("wire", "", 0),
    "alarm": ("over", "card", 1.2),
    "cry": ("", "card", 2),
    "bad": ("card", "bad", 2),
    "measured": ("wire", "card", 1),
    "added": ("card", "accent", 2),
    "changed": ("card", "accent", 2),
}
"""Fill, stroke and width of each class on the page: colours, or names of its theme's colours."""


def shape(name: str) -> str:
    """Draw a symbol of :data:`SHAPES`."""
    return "".join(tag("path", class_=look, d=path) for look, path in SHAPES[name])


def shape_of(hanging: Attachment) -> str:
    """Return the name of an attachment's symbol."""
    if hanging.kind is AttachmentKind.SHUNT:
        return "capacitor" if hanging.capacitive else "reactor"
    return str(hanging.kind.value)


def transformer_symbol(colour: str, width: float, angle_deg: float) -> str:
    """Draw a transformer of two windings, along a direction."""
    coils = [tag("circle", class_="coil", cx=side, r=9) for side in (-6, 6)]
    coils.append(tag("circle", fill="none", cx=-6, r=9))
    return tag("g", coils, stroke=colour, stroke_width=width, transform=f"rotate({angle_deg:.0f})")


def star_symbol(colour: str, width: float) -> str:
    """Draw a transformer of three windings."""
    around = [math.tau * turn / 3 for turn in range(3)]
    spots = [(-7 * math.cos(angle), 7 * math.sin(angle)) for angle in around]
    coils = [tag("circle", class_="coil", cx=x, cy=y, r=9) for x, y in spots]
    coils.append(tag("circle", fill="none", cx=spots[0][0], cy=spots[0][1], r=9))
    return tag("g", coils, stroke=colour, stroke_width=width)


def switch_symbol(*, closed: bool, angle_deg: float) -> str:
    """Draw a contact: filled when closed; hollow, with its blade beside the route, when open."""
    return tag("g", shape("closed" if closed else "opened"), transform=f"rotate({angle_deg:.0f})")
