"""Measured power over a day, a week, a month or a year: the span, and a table of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from platone.dashboard.domain.language import Reader
from platone.kernel.market_time import MarketDay
from platone.messages.curve import PowerCurve

SPANS = ("day", "week", "month", "year")
"""The spans that are shown, from short to long."""
TABLE_STEPS = 10_000
"""Steps of the curve that a table is made of: quarter-hours of a month, hours of a year."""
_DECEMBER = 12
"""The number of the last month."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of whole market days, half-open.

    Attributes:
        kind: day, week, month or year.
        first: Its first day.
        end: The day after its last.
    """

    kind: str
    first: MarketDay
    end: MarketDay

    @property
    def before(self) -> date:
        """Return a day of the span before."""
        return self.first.previous.on

    @property
    def after(self) -> date:
        """Return a day of the span after."""
        return self.end.on

    def name(self, reader: Reader) -> str:
        """Return the name of the span in a reader's words."""
        on = self.first.on
        match self.kind:
            case "day":
                return reader.day(on)
            case "week":
                return f"{reader.day(on)} \u2013 {reader.day(self.end.previous.on)}"
            case "month":
                return reader.month(on)
            case _:
                return str(on.year)


def span_holding(kind: str, on: date, zone: str) -> Span:
    """Return the span of a kind that a day lies in; a kind that is not known is a month."""
    match kind:
        case "day":
            first, end = on, on + timedelta(days=1)
        case "week":
            first = on - timedelta(days=on.weekday())
            end = first + timedelta(days=7)
        case "year":
            first, end = on.replace(month=1, day=1), date(on.year + 1, 1, 1)
        case _:
            kind, first = "month", on.replace(day=1)
            is_last = first.month == _DECEMBER
            end = date(first.year + is_last, 1 if is_last else first.month + 1, 1)
    return Span(kind, MarketDay(first, zone), MarketDay(end, zone))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: an hour, a day or a month.

    Attributes:
        name: Which one, in words.
        starts: When it begins, as files tell it: an hour as an instant, a day, or a month.
        drawn_kwh: Energy drawn from the grid.
        fed_kwh: Energy fed in.
        most_kw: Most mean power of a reading.
    """

    name: str
    starts: datetime | str
    drawn_kwh: float
    fed_kwh: float
    most_kw: float


def rows_of(curve: PowerCurve, span: Span, reader: Reader) -> list[Row]:
    """Return the lines of a span's table: hours of a day, days of a week or month, months."""
    name = _naming(span.kind, reader)
    rows = []
    for shown, members in groupby(_known(curve), key=lambda each: name(each[0])):
        known = list(members)
        places = [place for _, place in known]
        rows.append(
            Row(
                shown,
                _start(known[0][0], span, ZoneInfo(reader.zone)),
                sum(curve.drawn_kwh[place] or 0.0 for place in places),
                sum(curve.fed_kwh[place] or 0.0 for place in places),
                max(curve.most_kw[place] or 0.0 for place in places),
            )
        )
    return rows


def last_known(curve: PowerCurve) -> datetime | None:
    """Return the start of the last step in which something was measured; none for none."""
    return max((at for at, _ in _known(curve)), default=None)


def _known(curve: PowerCurve) -> Iterator[tuple[datetime, int]]:
    """Yield start and place of each step in which something was measured."""
    step = timedelta(minutes=curve.step_minutes)
    for place, value in enumerate(curve.mean_kw):
        if value is not None:
            yield curve.start_time + place * step, place


def _start(at: datetime, span: Span, site: ZoneInfo) -> datetime | str:
    """Return when the line of a table begins in which something was measured at an instant."""
    local = at.astimezone(site)
    if span.kind == "day":
        return at - timedelta(minutes=local.minute)
    return f"{local:%Y-%m}" if span.kind == "year" else local.date().isoformat()


def _naming(kind: str, reader: Reader) -> Callable[[datetime], str]:
    site = ZoneInfo(reader.zone)

    def hour(at: datetime) -> str:
        return reader.wall(at - timedelta(minutes=at.astimezone(site).minute))

    def month(at: datetime) -> str:
        return reader.month(at.astimezone(site).date())

    return {"day": hour, "year": month}.get(kind, reader.day)
