"""A small SVG canvas; every text is escaped, every colour is a class of the page's style."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr


class Canvas:
    """Collects shapes in a coordinate system of its own; the page scales it.

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

    def rectangle(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A rectangle with slightly round corners."""
        self._parts.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
            f'height="{max(height, 0):.1f}" rx="2"/>'
        )

    def line(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
        """A straight line."""
        self._parts.append(
            f'<line class="{kind}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" '
            f'x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
        )

    def arrow(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
        """A horizontal line with a point at its end."""
        self.line(start, end, kind)
        back = -7 if end[0] >= start[0] else 7
        points = [(end[0] + back, end[1] - 4.5), end, (end[0] + back, end[1] + 4.5)]
        self.path(points, f"{kind} open")

    def path(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """Straight pieces from point to point."""
        way = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self._parts.append(f'<path class="{kind}" d="M{way}"/>')

    def circle(self, centre: tuple[float, float], radius: float, kind: str) -> None:
        """A circle."""
        self._parts.append(
            f'<circle class="{kind}" cx="{centre[0]:.1f}" cy="{centre[1]:.1f}" r="{radius:.1f}"/>'
        )

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """A line of text; ``anchor`` is start, middle or end."""
        self._parts.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def svg(self) -> str:
        """The picture."""
        label = quoteattr(self._description)
        return (
            f'<svg viewBox="0 0 {self._width:.0f} {self._height:.0f}" role="img" '
            f'aria-label={label} style="max-width:{self._width:.0f}px">' + "".join(self._parts)
        ) + "</svg>"


def number(value: float, digits: int = 1) -> str:
    """A number for people: thousands apart, a real minus."""
    text = f"{value:,.{digits}f}".replace(",", "\u202f")
    return text.replace("-", "\u2212")
