"""Colours of values, told apart with every kind of colour vision, on light and dark ground.

Loading runs from a quiet blue over yellow and orange to red at its limit and purple far beyond;
voltage from purple (too low) over grey to green (too high), as ColorBrewer's scheme PRGn does.
The single colours follow M. Okabe, K. Ito, "Color universal design", 2008.
"""

import math
from dataclasses import dataclass

UNKNOWN = "#8a8f98"
"""Colour of elements without a value: it has no limit, or no voltage."""
DEAD = "#b9bec6"
LEVELS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Colours of voltage levels, the highest first; further ones take the last."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A colour for each number: straight lines in RGB between anchors.

    Attributes:
        unit: Of the numbers.
        anchors: Numbers in rising order with their colours; beyond them the last ones hold.
    """

    unit: str
    anchors: tuple[tuple[float, str], ...]

    def colour(self, value: float) -> str:
        """Return the colour of a number as ``#rrggbb``."""
        if math.isnan(value):
            return UNKNOWN
        below = self.anchors[0]
        for above in self.anchors:
            if value <= above[0]:
                return _between(below, above, value)
            below = above
        return below[1]


LOADING = Scale(
    "%",
    (
        (0.0, "#b7c6d4"),
        (45.0, "#3f86bd"),
        (70.0, "#dcb83c"),
        (90.0, "#e8890c"),
        (99.99, "#dd6a00"),
        (100.0, "#cc2f00"),
        (150.0, "#6d0d4a"),
    ),
)
"""Loading, % of the limit."""
LOADING_DARK = Scale("%", ((0.0, "#2f3d4a"), *LOADING.anchors[1:]))
"""Loading as a field on a dark ground: what is hardly loaded recedes, as it does on a light one."""


def voltage_scale(band_percent: float) -> Scale:
    """Return a scale of the deviation from nominal, %, in full colour at the band's edges."""
    return Scale(
        "%",
        (
            (-band_percent, "#8e3fa8"),
            (-0.4 * band_percent, "#a58bb3"),
            (0.0, "#9aa1a9"),
            (0.4 * band_percent, "#7fae84"),
            (band_percent, "#148a3d"),
        ),
    )


def _between(below: tuple[float, str], above: tuple[float, str], value: float) -> str:
    width = above[0] - below[0]
    share = min(max((value - below[0]) / width, 0.0), 1.0) if width > 0 else 0.0
    # half is rounded up, as the page's script does it
    parts = (
        math.floor(low + share * (high - low) + 0.5)
        for low, high in zip(_rgb(below[1]), _rgb(above[1]), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
