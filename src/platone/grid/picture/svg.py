"""A picture of one instant as an SVG file."""

from platone.grid.picture.drawing import Drawing
from platone.grid.picture.label_text import limit_words, total_words
from platone.grid.picture.legend import legend
from platone.grid.picture.picture import Picture
from platone.grid.picture.symbol import STYLE
from platone.kernel.markup import number, tag, titled, words

_LEAST_WIDTH = 860.0
"""Least width of a drawing, px: title and legend fit."""
_READABLE = 1500.0
"""Width above which texts grow with the drawing, px: that of a screen."""
_SIDE = 24.0
"""Room at the sides, px."""
MOST_FINDINGS = 6
"""Findings that stand under the title: more push the network off the screen."""


def network_svg(picture: Picture, row: int | None) -> str:
    """Return the network at an instant as an SVG file; without an instant, no states are shown."""
    drawn_width, drawn_height = picture.layout.size
    width = max(drawn_width, _LEAST_WIDTH)
    zoom = max(1.0, width / _READABLE)
    header, header_height = heading(picture.title, headline(picture, row))
    legend_markup, legend_height = legend(picture, width / zoom - 2 * _SIDE)
    top = header_height * zoom
    height = top + drawn_height + (legend_height + 16) * zoom
    below = top + drawn_height + 18 * zoom
    left = (width - drawn_width) / 2
    body = (
        _placed(header, 0, 0, zoom)
        + _placed(Drawing(picture, row).markup(), left, top, 1)
        + _placed(legend_markup, _SIDE * zoom, below, zoom)
    )
    return document(body, width, height, f"{picture.title}: {' · '.join(headline(picture, row))}")


def headline(picture: Picture, row: int | None) -> list[str]:
    """Return the lines below the title: time, totals and alarms."""
    network, series = picture.network, picture.series
    first = f"network {network.id}, version {network.version}, {len(network.buses)} buses"
    if series is None or row is None:
        return [first]
    when = " ".join(filter(None, (picture.day, picture.moments[row])))
    now = [each for each in series.alarms if each.scenario == row]
    alarms = "no limit is broken"
    if now:
        state = now[0].state
        worst = limit_words(state.value, state.limit, state.unit, state.phase)
        count = "1 broken limit" if len(now) == 1 else f"{len(now)} broken limits, the worst"
        alarms = f"{count} at {state.element}: {worst}"
    lines = [f"{when} · {first}" if when else first, total_words(series, row), alarms]
    if picture.without_limit:
        many = picture.without_limit
        have = "1 branch has" if many == 1 else f"{many} branches have"
        lines[2] += f" · {have} no limit (grey)"
    if series.phases is not None:
        lines[2] += " · values are those of the worst phase"
    return [*lines, *(each.text for each in picture.findings[:MOST_FINDINGS])]


def heading(title: str, lines: list[str]) -> tuple[str, float]:
    """Draw the title and the lines below it; return them with their height."""
    drawn = words(title, _SIDE, 32, font_size="19px", font_weight="bold")
    for place, line in enumerate(lines):
        drawn += words(line, _SIDE, 53 + 17 * place, font_size="12px", class_="quiet")
    return tag("g", drawn, class_="heading"), 53 + 17 * len(lines) + 6


def document(body: str, width: float, height: float, description: str, style: str = "") -> str:
    """Return a whole SVG file on its ground, with what a style adds to the common one."""
    ground = tag("rect", class_="ground", width=width, height=height)
    described = titled(description)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tag(
        "svg",
        described + tag("style", STYLE + style) + ground + body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=number(width),
        height=number(height),
        role="img",
        aria_label=description,
    )


def _placed(markup: str, x: float, y: float, zoom: float) -> str:
    scaled = "" if zoom == 1 else f" scale({zoom:.4f})"
    return tag("g", markup, transform=f"translate({number(x)} {number(y)}){scaled}")
