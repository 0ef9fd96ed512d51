"""SVG as PNG by resvg (MIT or Apache-2.0), which the extra ``picture`` installs."""

import re
from pathlib import Path

from platone.grid.problem.picture import PngUnavailable
from platone.kernel.extra import Extra

MOST_PIXELS = 64_000_000
"""Pixels of a picture: 256 MB of memory while it is drawn."""
_FONT = Path(__file__).with_name("font") / "DejaVuSans.ttf"
# what our font holds: Latin, Greek, Cyrillic and signs; for the rest we ask the system's fonts
_OTHER_SCRIPT = re.compile(
    "[^\x00-\u024f\u0370-\u045f\u2010-\u2026\u20ac\u2190-\u2193\u2212\u2264\u2265]"
)


def to_png(svg: str, width: int, height: int) -> bytes:
    """Return the picture as PNG of a width in pixels; the same on every machine.

    Raises:
        PngUnavailable: The package is not installed.
    """
    try:
        import resvg_py  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise PngUnavailable(Extra.PICTURE.is_missing_for("a PNG image")) from error
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=width,
            height=height,
            font_files=[str(_FONT)],
            skip_system_fonts=_OTHER_SCRIPT.search(svg) is None,
        )
    )
