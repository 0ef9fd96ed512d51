"""A point of delivery's day, and its quarter-hour of flexibility."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from platone.kernel.axis import round_marks
from platone.kernel.canvas import Canvas, number

_Scale = Callable[[float], float]
_WIDTH = 420.0
"""Width of a drawing, px: half of a page, so that two stand side by side."""
_LEFT, _RIGHT = 48.0, 408.0
"""The curve's ends, px: figures stand to its left."""
_TOP, _BOTTOM = 16.0, 138.0
"""The curve's upper and lower edge, px."""
_HOURS = 24
"""Hours of the axis: the day of the report has no change of the clock."""
_ROW = 21.0
"""Height of a quarter-hour's row, px: a line of small text."""
_DOT_LEFT, _DOT_RIGHT = 92.0, 318.0
"""Ends of the scale on which dots stand, px: names to the left, figures to the right."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A power in the quarter-hour of flexibility: what it is, kW, and its class."""

    name: str
    power_kw: float
    kind: str


def draw_day(
    baseline_kw: Sequence[float], measured_kw: Sequence[float | None], focus: int | None
) -> str:
    """Draw baseline (dashed) and measurement of a whole market day, kW."""
    known = [value for value in measured_kw if value is not None]
    low, high = min([0.0, *baseline_kw, *known]), max([0.001, *baseline_kw, *known]) * 1.06
    canvas = Canvas(_WIDTH, 164, "Baseline and measurement over the day")
    step = (_RIGHT - _LEFT) / len(baseline_kw)

    def y_of(kw: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (kw - low) / (high - low)

    if focus is not None:
        canvas.rectangle(_LEFT + (focus - 1) * step, _TOP - 6, 3 * step, _BOTTOM - _TOP + 6, "band")
    marks = round_marks(low, high)
    for value in marks.values:
        canvas.line((_LEFT, y_of(value)), (_RIGHT, y_of(value)), "grid")
        canvas.text(_LEFT - 6, y_of(value) + 4, number(value, marks.digits), "small soft", "end")
    for hour in range(0, _HOURS + 1, 6):
        x = _LEFT + (_RIGHT - _LEFT) * hour / _HOURS
        canvas.text(x, _BOTTOM + 18, f"{hour} h", "small soft", "middle")
    canvas.path(_stairs(baseline_kw, step, y_of), "curve base-line")
    for piece in _pieces(measured_kw):
        canvas.path(
            [(_LEFT + (at + end) * step, y_of(kw)) for at, kw in piece for end in (0, 1)],
            "curve meter-line",
        )
    return canvas.svg()


def draw_quarter(marks: Sequence[Mark]) -> str:
    """Draw the powers of one quarter-hour as dots on one scale, with their numbers."""
    values = [mark.power_kw for mark in marks]
    low, high = min(values), max(values)
    margin = max((high - low) * 0.06, abs(high) * 0.01, 0.01)
    low, high = low - margin, high + margin
    canvas = Canvas(_WIDTH, _ROW * len(marks) + 8, "Powers of the quarter-hour")

    def x_of(kw: float) -> float:
        return _DOT_LEFT + (_DOT_RIGHT - _DOT_LEFT) * (kw - low) / (high - low)

    start = x_of(marks[0].power_kw)
    canvas.line((start, 6), (start, _ROW * len(marks)), "guide")
    for number_, mark in enumerate(marks):
        y = 4 + _ROW * (number_ + 0.5)
        canvas.text(_DOT_LEFT - 10, y + 4, mark.name, "small soft", "end")
        canvas.line((_DOT_LEFT, y), (_DOT_RIGHT, y), "grid")
        canvas.line((start, y), (x_of(mark.power_kw), y), f"reach {mark.kind}")
        canvas.circle((x_of(mark.power_kw), y), 5.5, f"dot {mark.kind}")
        canvas.text(_WIDTH - 4, y + 4, f"{number(mark.power_kw, 2)} kW", "small", "end")
    return canvas.svg()


def _stairs(values: Sequence[float], step: float, y_of: _Scale) -> list[tuple[float, float]]:
    return [
        (_LEFT + (at + end) * step, y_of(value))
        for at, value in enumerate(values)
        for end in (0, 1)
    ]


def _pieces(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the runs of values without a gap."""
    pieces: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            pieces[-1].append((at, value))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]
