"""A point of delivery's day as a picture: baseline, measurement and what was agreed, in kW."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from platone.infra.page.word import place_of_zone
from platone.kernel.axis import round_marks
from platone.kernel.canvas import Canvas
from platone.kernel.figure import plain_decimal
from platone.kernel.market_time import MarketDay

_HEIGHT = 230.0
"""Height of the picture, px."""
WIDE, NARROW = 760.0, 360.0
"""Widths of the picture, px: of a page, and of a telephone, on which letters must not shrink."""
_LEFT, _TOP, _BOTTOM = 56.0, 16.0, 192.0
"""Edges of the area within the axes, px."""
_MARGIN = 10.0
"""Room to the right of the area, px."""
_EVERY_HOURS = {WIDE: 3, NARROW: 6}
"""Hours between two names on the axis of time."""
_ROOM = 1.08
"""Room above the highest and below the lowest value, as a factor."""
_FAR = 2.5
"""How many times the largest value a limit may be and still be drawn: farther ones are named."""
_LEAST_AGREED = 10.0
"""Least width by which a time that was agreed is marked, px: a quarter-hour alone would be 3 px of
a telephone."""

Curve = Sequence[float | None]
Bounds = tuple[float, float]
"""The least and the most power of a quarter-hour, kW."""


@dataclass(frozen=True, slots=True)
class DayCurves:
    """The curves of a market day, one value a quarter-hour, kW; none where nothing is known.

    Attributes:
        day: The market day, of 92, 96 or 100 quarter-hours.
        baseline_kw: What was expected.
        measured_kw: What was measured.
        agreed_kw: What was agreed, where flexibility was sold.
        offered_kw: What was offered, where that may be seen.
        limits_kw: Contracted power, drawn from the grid and, negative, fed in.
        bounds_kw: From what to what the power may be moved from its baseline.
    """

    day: MarketDay
    baseline_kw: Curve
    measured_kw: Curve
    agreed_kw: Curve
    offered_kw: Curve = ()
    limits_kw: Sequence[float] = ()
    bounds_kw: Sequence[Bounds | None] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to draw."""
        return not any(
            value is not None
            for curve in (self.baseline_kw, self.measured_kw, self.agreed_kw, self.offered_kw)
            for value in curve
        )

    @property
    def is_measured(self) -> bool:
        """Return whether anything of the day has been measured."""
        return any(value is not None for value in self.measured_kw)

    def known_kw(self) -> list[float]:
        """Return all values that are known, and no limits."""
        curves = (self.baseline_kw, self.measured_kw, self.agreed_kw, self.offered_kw)
        return [value for curve in curves for value in curve if value is not None]

    def near_limits_kw(self) -> list[float]:
        """Return the limits that are not so far from all values that curves would become flat."""
        most = max([0.0, *(abs(value) for value in self.known_kw())])
        return [limit for limit in self.limits_kw if abs(limit) <= _FAR * most]

    def with_bounds(self, rise_kw: float, fall_kw: float) -> "DayCurves":
        """Return the same curves with the band in which the power may be moved.

        Args:
            rise_kw: Most that it may rise above its baseline.
            fall_kw: Most that it may fall below.
        """
        bounds = [
            None if value is None else (value - fall_kw, value + rise_kw)
            for value in self.baseline_kw
        ]
        return replace(self, bounds_kw=bounds)

    def bound_kw(self, place: int, side: int) -> float | None:
        """Return the least (side 0) or the most (side 1) power of a quarter-hour, where known."""
        bounds = self.bounds_kw[place] if self.bounds_kw else None
        return None if bounds is None else bounds[side]

    def near_bounds_kw(self) -> list[Bounds | None]:
        """Return the band; nothing where it is so wide that curves would become flat."""
        most = max([0.0, *(abs(value) for value in self.known_kw())])
        edges = [abs(edge) for each in self.bounds_kw if each is not None for edge in each]
        return list(self.bounds_kw) if max([0.0, *edges]) <= _FAR * most else []

    def unsold_kw(self) -> list[Bounds | None]:
        """Return the part of each offer that was not sold: from the sold total to the offered one.

        Where nothing was sold it begins at the baseline, as it does beside
        what was sold for the other side.
        """
        if not self.offered_kw:
            return []
        found: list[Bounds | None] = []
        for base, sold, offered in zip(
            self.baseline_kw, self.agreed_kw, self.offered_kw, strict=True
        ):
            if base is None or offered is None:
                found.append(None)
                continue
            is_along = sold is not None and (sold - base) * (offered - base) > 0
            start = sold if is_along and sold is not None else base
            is_whole = abs(start - base) >= abs(offered - base)
            found.append(None if is_whole else (start, offered))
        return found


def on_day(day: MarketDay, values: dict[datetime, float]) -> Curve:
    """Return values by instant as a curve of a day."""
    return [values.get(at) for at in day.instants()]


def draw_day_curves(
    curves: DayCurves, description: str, width: float = WIDE, language: str = "en"
) -> str:
    """Draw the curves of a day over the zone's wall clock, whose changes are seen."""
    limits, bounds = curves.near_limits_kw(), curves.near_bounds_kw()
    edges = [edge for each in bounds if each is not None for edge in each]
    known = [*curves.known_kw(), *limits, *edges]
    low = min([0.0, *known]) * _ROOM
    high = max([0.001, *known]) * _ROOM
    canvas, right = Canvas(width, _HEIGHT, description), width - _MARGIN
    count = curves.day.quarter_hours

    def x_of(place: float) -> float:
        return _LEFT + (right - _LEFT) * place / count

    def y_of(kw: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (kw - low) / (high - low)

    _mark_agreed(canvas, curves, x_of)
    for areas, kind in ((bounds, "bounds"), (curves.unsold_kw(), "unsold-area")):
        for outline in _outlines(areas):
            canvas.path([(x_of(at), y_of(kw)) for at, kw in outline], kind)
    marks = round_marks(low, high)
    for kw in marks.values:
        canvas.line((_LEFT, y_of(kw)), (right, y_of(kw)), "grid")
        text = plain_decimal(kw, marks.digits, language)
        canvas.text(_LEFT - 7, y_of(kw) + 4, text, "small soft", "end")
    canvas.text(4, 12, "kW", "small soft")
    canvas.line((_LEFT, y_of(0)), (right, y_of(0)), "axis")
    for kw in limits:
        canvas.line((_LEFT, y_of(kw)), (right, y_of(kw)), "limit")
    for place, name in _hours(curves.day, _EVERY_HOURS[width]):
        canvas.text(x_of(place), _BOTTOM + 20, name, "small soft", "middle")
    canvas.text(right, _HEIGHT - 3, clocks_of(curves.day, language), "small soft", "end")
    for curve, kind in (
        (curves.agreed_kw, "plan-line"),
        (curves.offered_kw, "offer-line"),
        (curves.measured_kw, "meter-line"),
        (curves.baseline_kw, "base-line"),
    ):
        for run in _runs(curve):
            stairs = [(x_of(at + end), y_of(kw)) for at, kw in run for end in (0, 1)]
            canvas.path(stairs, f"curve {kind}")
    return canvas.svg()


def _mark_agreed(canvas: Canvas, curves: DayCurves, x_of: Callable[[float], float]) -> None:
    """Mark the times for which something was agreed, as high as the picture's area."""
    for run in _runs(curves.agreed_kw):
        first, end = x_of(run[0][0]), x_of(run[-1][0] + 1)
        wider = max(0.0, _LEAST_AGREED - (end - first)) / 2
        width = end - first + 2 * wider
        canvas.rectangle(first - wider, _TOP, width, _BOTTOM - _TOP, "agreed-time")


def clocks_of(day: MarketDay, language: str = "en") -> str:
    """Return whose clocks a day is shown by, and on a day of a change from which time to which."""
    site = ZoneInfo(day.zone)
    names = [f"{at.astimezone(site):%Z}" for at in (day.start, day.end)]
    place = place_of_zone(day.zone, language)
    to = "to" if language == "en" else "→"
    return place if names[0] == names[1] else f"{place}, {names[0]} {to} {names[1]}"


def _runs(curve: Curve) -> Iterator[list[tuple[int, float]]]:
    """Yield the runs of known values, with their places: a gap is not drawn over."""
    for is_known, run in groupby(enumerate(curve), key=lambda each: each[1] is not None):
        if is_known:
            yield [(at, kw) for at, kw in run if kw is not None]


def _outlines(areas: Sequence[Bounds | None]) -> Iterator[list[tuple[int, float]]]:
    """Yield the outline of each run of quarter-hours that have an area: there, and back again."""
    for is_known, run in groupby(enumerate(areas), key=lambda each: each[1] is not None):
        if is_known:
            held = [(at, area) for at, area in run if area is not None]
            there = [(at + end, area[0]) for at, area in held for end in (0, 1)]
            back = [(at + end, area[1]) for at, area in reversed(held) for end in (1, 0)]
            yield [*there, *back]


def _hours(day: MarketDay, every: int) -> Iterator[tuple[int, str]]:
    """Yield places and names on the axis; where clocks go back, an hour stands twice."""
    zone = ZoneInfo(day.zone)
    for place, at in enumerate(day.instants()):
        local = at.astimezone(zone)
        if local.minute == 0 and local.hour % every == 0:
            yield place, f"{local:%H:%M}"
