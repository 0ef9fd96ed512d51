"""The charts of a simulation's report, as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from platone.grid.array import Floats
from platone.kernel.axis import round_marks
from platone.kernel.canvas import Canvas, number

_WIDTH = 860.0
"""Width of a chart, px: that of a page."""
_LEFT, _RIGHT = 52.0, 850.0
"""Ends of the horizontal axis, px: figures stand to its left."""
_ROW = 24.0
"""Height of a row of bars, px: a line of small text."""
_NAMES = 250.0
"""Width of the names left of bars, px."""
_MOST_BARS = 62
"""Days that are shown one by one; more are summed by month."""
_WHOLE = 20.0
"""Value from which no digit after the point is shown."""
_HOURS = 24
"""Hours on the face of the clock."""
_FULL = 0.1
"""Excess that has the fullest colour: a tenth above the limit."""
_SHADES = 4
"""Shades of excess: an eye tells no more apart."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A column of a chart: its name below, and its parts from the bottom, each with a class."""

    name: str
    parts: tuple[tuple[float, str], ...]


def by_month(days: Sequence[date], values: Sequence[float]) -> list[tuple[str, float]]:
    """Return sums by day, or by month where there are many days."""
    few = len(days) <= _MOST_BARS
    found: dict[str, float] = {}
    for on, value in zip(days, values, strict=True):
        name = f"{on:%d %b}" if few else f"{on:%b %y}"
        found[name] = found.get(name, 0.0) + value
    return list(found.items())


def draw_columns(stacks: Sequence[Stack], unit: str, description: str) -> str:
    """Draw columns of stacked parts over time."""
    top, bottom = 22.0, 200.0
    canvas = Canvas(_WIDTH, 226, description)
    most = max([sum(value for value, _ in each.parts) for each in stacks] + [1e-9])
    step = (_RIGHT - _LEFT) / max(len(stacks), 1)
    marks = round_marks(0.0, most)
    for mark in marks.values:
        y = bottom - (bottom - top) * mark / most
        canvas.line((_LEFT, y), (_RIGHT, y), "grid")
        canvas.text(_LEFT - 6, y + 4, number(mark, marks.digits), "small soft", "end")
    canvas.text(2, 12, unit, "small soft")
    every = max(1, -(-len(stacks) // 14))
    for place, each in enumerate(stacks):
        x, y = _LEFT + place * step, bottom
        for value, kind in each.parts:
            height = (bottom - top) * value / most
            canvas.rectangle(x + step * 0.12, y - height, step * 0.76, height, kind)
            y -= height
        if place % every == 0:
            canvas.text(x + step / 2, bottom + 18, each.name, "small soft", "middle")
    canvas.line((_LEFT, bottom), (_RIGHT, bottom), "axis")
    return canvas.svg()


def draw_calendar(days: Sequence[date], excess: Sequence[Floats], description: str) -> str:
    """Draw the hours in which limits broke: days across, hours of the clock down."""
    top, row = 10.0, 7.0
    bottom = top + _HOURS * row
    canvas = Canvas(_WIDTH, bottom + 24, description)
    step = (_RIGHT - _LEFT) / max(len(days), 1)
    canvas.rectangle(_LEFT, top, _RIGHT - _LEFT, bottom - top, "track")
    for hour in range(0, _HOURS + 1, 6):
        canvas.text(_LEFT - 6, top + hour * row + 4, f"{hour} h", "small soft", "end")
    for place, hours in enumerate(excess):
        for hour in np.flatnonzero(hours > 0).tolist():
            shade = min(int(hours[hour] / _FULL * _SHADES), _SHADES - 1)
            x, y = _LEFT + place * step, top + hour * row
            canvas.rectangle(x, y, max(step - 0.4, 1.2), row - 0.6, f"hot hot-{shade}")
    last = ""
    for place, on in enumerate(days):
        name = f"{on:%b}" if len(days) > _MOST_BARS else f"{on:%d %b}"
        is_told = name != last and (len(days) > _MOST_BARS or place % max(len(days) // 12, 1) == 0)
        if is_told:
            canvas.text(_LEFT + place * step, bottom + 17, name, "small soft")
            last = name
    return canvas.svg()


def draw_bars(
    rows: Sequence[tuple[str, Sequence[tuple[float, str]]]], unit: str, description: str
) -> str:
    """Draw named rows of bars, one below the other in each row, with their figures."""
    height = sum(_ROW * max(len(bars), 1) * 0.72 + 8 for _, bars in rows)
    canvas = Canvas(_WIDTH, height + 8, description)
    most = max([value for _, bars in rows for value, _ in bars] + [1e-9])
    y = 4.0
    for name, bars in rows:
        block = _ROW * 0.72 * len(bars)
        canvas.text(_NAMES - 8, y + block / 2 + 4, name, "small", "end")
        for value, kind in bars:
            width = (_WIDTH - _NAMES - 110) * max(value, 0.0) / most
            canvas.rectangle(_NAMES, y + 2, width, _ROW * 0.72 - 4, kind)
            told = f"{number(value, _digits(value))} {unit}"
            canvas.text(_NAMES + width + 6, y + _ROW * 0.36 + 4, told, "small soft")
            y += _ROW * 0.72
        y += 8
    return canvas.svg()


def _digits(value: float) -> int:
    """Return how many digits after the point say something of a value."""
    return 0 if value >= _WHOLE else 1
