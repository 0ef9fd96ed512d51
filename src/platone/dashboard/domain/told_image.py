"""An image that says in words why there is no other one."""

import textwrap

from platone.kernel.markup import tag, words
from platone.kernel.style.sheet import colours

_WIDTH, _LINE = 1180, 24
"""Width of the image and height of a line of it, in units of its own."""
_SIGNS = 128
"""Characters of a line: as many as have room at the size of its type."""
_MOST = 8
"""Lines at most: a reason may name each of a thousand points of delivery."""


def told_image(text: str) -> bytes:
    """Return an SVG image of a text, in the colours of light or dark pages."""
    lines = textwrap.wrap(text, _SIGNS, max_lines=_MOST, placeholder=" …")
    light, dark = colours()["soft"], colours(dark=True)["soft"]
    style = (
        f"text{{font:17px system-ui,sans-serif;fill:{light}}}"
        f"@media(prefers-color-scheme:dark){{text{{fill:{dark}}}}}"
    )
    drawn = [words(line, 4, _LINE * place) for place, line in enumerate(lines, 1)]
    height = _LINE * len(lines) + _LINE // 2
    picture = tag(
        "svg",
        [tag("style", style), tag("title", "There is no picture"), *drawn],
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH} {height}",
        width=_WIDTH,
        height=height,
    )
    return picture.encode()
