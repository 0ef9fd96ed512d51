"""A day's loading as a heat map in SVG: branches by severity, instants to the right."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from platone.grid.picture.instant import hour_ticks
from platone.grid.picture.label_text import shortened
from platone.grid.picture.legend import scale_entry
from platone.grid.picture.picture import Picture
from platone.grid.picture.scale import LOADING, LOADING_DARK, Scale
from platone.grid.picture.state_series import StateSeries, severity
from platone.grid.picture.svg import MOST_FINDINGS, document, heading
from platone.kernel.market_time import town_of
from platone.kernel.markup import number, tag, titled, words

MOST_ROWS = 60
"""Branches that are shown, the most loaded: two screens."""
_NAME, _VALUE = 210.0, 64.0
"""Widths of the columns of names and of peaks, px."""
_CELLS = 768.0
"""Width of a day's cells, px: eight each."""
_ROW, _SIDE = 15.0, 24.0
"""Height of a row, and room at the sides, px."""
_STEP_PERCENT = 2.0
"""Loadings that share a colour, %: neighbours of a colour are one rectangle."""
_LETTERS = 32
"""Letters of a name that its column holds."""

_MOST_PERCENT = 150.0
"""Loading from which the colour changes no more, %."""


def _kind(percent: float) -> str:
    """Return the class of a loading: its step of two percent."""
    return f"l{math.ceil(min(percent, _MOST_PERCENT) / _STEP_PERCENT):.0f}"


def _style(scale: Scale) -> str:
    steps = range(math.ceil(_MOST_PERCENT / _STEP_PERCENT) + 1)
    return "".join(
        f".l{step}{{fill:{scale.colour(max((step - 0.5) * _STEP_PERCENT, 0.0))}}}" for step in steps
    )


_STYLE = (
    _style(LOADING) + "@media screen and (prefers-color-scheme:dark){" + _style(LOADING_DARK) + "}"
)
"""Colours of the cells by their steps, on a light and on a dark ground."""


def heat_map_svg(picture: Picture, *, most: int = MOST_ROWS) -> str:
    """Return a heat map of the most loaded branches as SVG.

    Args:
        picture: With states.
        most: How many branches at most.

    Raises:
        ValueError: It has no states.
    """
    series = picture.series
    if series is None:
        raise ValueError("a heat map needs states")
    order = severity(series)
    shown = order[:most]
    header, top = heading(f"{picture.title}: loading", _lines(picture, series, len(order), most))
    below = top + 26 + _ROW * len(shown)
    cells = tag("g", _cells(picture, series, shown), transform=_at(_SIDE + _NAME, top + 14))
    names = tag("g", _names(picture, series, shown), transform=_at(_SIDE, top + 14))
    axis = tag("g", _axis(picture, series), transform=_at(_SIDE + _NAME, below - 12))
    ticks = ((0.0, "0"), (50.0, "50"), (80.0, "80"), (100.0, "100"), (150.0, "≥150 %"))
    scale = tag(
        "g",
        scale_entry("loading, % of the limit", LOADING, ticks, _kind)[1],
        transform=_at(_SIDE, below + 44),
    )
    width = 2 * _SIDE + _NAME + _CELLS + _VALUE
    title = f"{picture.title}: loading of {len(shown)} branches. {picture.day}"
    return document(header + names + cells + axis + scale, width, below + 72, title, _STYLE)


def _lines(picture: Picture, series: StateSeries, known: int, most: int) -> list[str]:
    when = picture.day or f"{series.instants} states"
    shown = f"the {most} most loaded of {known} branches" if known > most else f"{known} branches"
    if picture.without_limit:
        left_out = picture.without_limit
        shown += f"; {left_out} without a limit {'is' if left_out == 1 else 'are'} left out"
    over = len(_overloaded(series))
    beyond = "1 branch is" if over == 1 else f"{over} branches are"
    told = f"{beyond} beyond the limit (marked ▲)" if over else "no branch is beyond its limit"
    return [f"{when} · {shown}", told, *(each.text for each in picture.findings[:MOST_FINDINGS])]


def _overloaded(series: StateSeries) -> set[str]:
    """Return the branches beyond their limits, as the alarms have them: noise does not count."""
    return {each.element for each in series.alarm_groups if each.kind == "current"}


def _cell_width(series: StateSeries) -> float:
    """Return the width of a cell, to a tenth as coordinates are, so that no gaps are left."""
    return max(round(_CELLS / series.instants, 1), 0.1)


def _cells(picture: Picture, series: StateSeries, shown: Sequence[int]) -> Iterator[str]:
    """Draw cells; runs of one colour (steps of 2 %, up to 100 % with it) are one rectangle."""
    wide = _cell_width(series)
    for line, place in enumerate(shown):
        percent = series.loading_percent[:, place]
        start, drawn = 0, []
        for kind, run in groupby(map(_kind, percent.tolist())):
            count = len(list(run))
            drawn.append(
                tag(
                    "rect",
                    x=start * wide,
                    y=line * _ROW,
                    width=count * wide,
                    height=_ROW - 1,
                    class_=kind,
                )
            )
            start += count
        branch = picture.network.branches[place]
        peak = int(percent.argmax())
        title = f"{branch.name or branch.id}: at most {percent[peak]:.1f} % {_when(picture, peak)}"
        yield tag(
            "g", [titled(title.strip()), *drawn], data_id=branch.id, shape_rendering="crispEdges"
        )


def _when(picture: Picture, place: int) -> str:
    return f"at {picture.moments[place]}" if picture.instants else picture.moments[place]


def _names(picture: Picture, series: StateSeries, shown: Sequence[int]) -> Iterator[str]:
    over = _overloaded(series)
    for line, place in enumerate(shown):
        branch = picture.network.branches[place]
        name = shortened(branch.name or branch.id, _LETTERS)
        y = line * _ROW + 11
        yield words(name, _NAME - 8, y, font_size="10px", text_anchor="end")
        peak = float(series.loading_percent[:, place].max())
        mark = " ▲" if branch.id in over else ""
        yield words(f"{peak:.0f} %{mark}", _NAME + _CELLS + 6, y, font_size="10px", class_="quiet")


def _axis(picture: Picture, series: StateSeries) -> Iterator[str]:
    wide = _cell_width(series)
    yield tag("path", class_="wire", d=f"M0 0H{number(_CELLS)}")
    for place, label in hour_ticks(picture.instants, picture.zone) if picture.instants else ():
        x = place * wide
        yield tag("path", class_="wire", d=f"M{number(x)} 0v5")
        yield words(label, x, 17, font_size="10px", text_anchor="middle")
    clocks = f"local time, {town_of(picture.zone)}, start of the interval"
    caption = clocks if picture.instants else "states"
    yield words(caption, _CELLS, 31, font_size="10px", text_anchor="end", class_="quiet")


def _at(x: float, y: float) -> str:
    return f"translate({number(x)} {number(y)})"
