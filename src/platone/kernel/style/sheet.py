"""Style sheets: the colours by name, and what every page begins its own style with."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_COLOUR = re.compile(r"--([a-z-]+):(#[0-9a-f]{6})\b")


@cache
def _text(name: str) -> str:
    return resources.files("platone.kernel.style").joinpath(name).read_text("utf-8")


def common_style() -> str:
    """Return the style that every page begins with: colours, type and the common parts."""
    return _text("token.css") + _text("part.css")


@cache
def colours(*, dark: bool = False) -> Mapping[str, str]:
    """Return the colours by their names as ``#rrggbb``, for pictures that stand alone.

    Args:
        dark: Those on a dark ground; else those on a light one, and on paper.
    """
    light, _, after = _text("token.css").partition("@media")
    return dict(_COLOUR.findall(after if dark else light))
