"""A small SVG canvas; every colour is a class of the page's style."""

from collections.abc import Sequence

from platone.kernel.markup import number as coordinate
from platone.kernel.markup import tag, words

Point = tuple[float, float]
_ROUND = 2.0
"""Radius of a rectangle's corners, in units of the canvas: soft, but still a rectangle."""
_LETTER_PX = 16.0
"""The letters of a browser for which a unit of the canvas is one px, px: browsers' own default."""
_WIDE = 480.0
"""From this width on a picture is made for a page, not for half of one or a telephone, units."""


class Canvas:
    """A picture in the making, in a coordinate system of its own; the page scales it.

    Args:
        width: Of the coordinate system.
        height: Likewise.
        description: What the picture shows, for those who cannot see it.
    """

    def __init__(self, width: float, height: float, description: str) -> None:
        self._width = width
        self._height = height
        self._description = description
        self._parts: list[str] = []
        self._has_letters = False

    def rectangle(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """Draw a rectangle with slightly round corners."""
        size = {"width": max(width, 0.0), "height": max(height, 0.0)}
        self._parts.append(tag("rect", class_=kind, x=x, y=y, rx=_ROUND, **size))

    def line(self, start: Point, end: Point, kind: str) -> None:
        """Draw a straight line."""
        (x1, y1), (x2, y2) = start, end
        self._parts.append(tag("line", class_=kind, x1=x1, y1=y1, x2=x2, y2=y2))

    def arrow(self, start: Point, end: Point, kind: str) -> None:
        """Draw a horizontal line with a point at its end."""
        self.line(start, end, kind)
        back = -7 if end[0] >= start[0] else 7
        points = [(end[0] + back, end[1] - 4.5), end, (end[0] + back, end[1] + 4.5)]
        self.path(points, f"{kind} open")

    def path(self, points: Sequence[Point], kind: str) -> None:
        """Draw straight pieces from point to point."""
        way = " L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
        self._parts.append(tag("path", class_=kind, d=f"M{way}"))

    def circle(self, centre: Point, radius: float, kind: str) -> None:
        """Draw a circle."""
        self._parts.append(tag("circle", class_=kind, cx=centre[0], cy=centre[1], r=radius))

    def text(self, x: float, y: float, content: str, kind: str = "", anchor: str = "start") -> None:
        """Write a line of text; ``anchor`` is start, middle or end."""
        self._parts.append(words(content, x, y, class_=kind, text_anchor=anchor))
        self._has_letters = True

    def svg(self) -> str:
        """Return the picture as an element of a page.

        A picture with letters grows with those of the browser, all of it alike, and where it is
        wider than its place it is moved sideways there (docs/decisions/0097).
        """
        told = {"role": "img", "aria_label": self._description}
        if not self._has_letters:
            return self._drawn(**told)
        return tag("div", self._drawn(aria_hidden="true"), class_="drawn", tabindex="0", **told)

    def _drawn(self, **told: str) -> str:
        width, height = coordinate(self._width), coordinate(self._height)
        return tag(
            "svg",
            self._parts,
            viewBox=f"0 0 {width} {height}",
            class_="picture wide" if self._width > _WIDE else "picture",
            width=f"{self._width / _LETTER_PX:g}rem",
            **told,
        )


def number(value: float, digits: int = 1) -> str:
    """Return a number for people: thousands apart, a real minus."""
    text = f"{value:,.{digits}f}".replace(",", "\u202f")
    return text.replace("-", "\u2212")
