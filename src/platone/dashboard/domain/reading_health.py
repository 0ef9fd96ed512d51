"""The readings of a day: gaps in them, their quality, and the age of the last one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from platone.dashboard.domain.day_picture import Curve
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.registry import Measurement


@dataclass(frozen=True, slots=True)
class ReadingHealth:
    """The state of a day's readings.

    Attributes:
        known: Quarter-hours that are measured in full.
        due: Quarter-hours that are over.
        gaps: Spans in which nothing, or not all, is measured, half-open.
        qualities: How many readings are of each quality.
        corrected: How many readings replace earlier ones.
        last: The newest reading; none where there is none.
        delay: How long after the end of its interval the newest reading came.
    """

    known: int
    due: int
    gaps: tuple[tuple[datetime, datetime], ...]
    qualities: tuple[tuple[str, int], ...]
    corrected: int
    last: Measurement | None
    delay: timedelta | None

    @property
    def is_whole(self) -> bool:
        """Return whether nothing is missing of what is over."""
        return not self.gaps


def health_of(
    day: MarketDay, measured_kw: Curve, readings: Iterable[Measurement], now: datetime
) -> ReadingHealth:
    """Return the state of a day's readings.

    Args:
        day: The day.
        measured_kw: Its mean powers, none where a quarter-hour is not measured in full.
        readings: Its readings.
        now: The market's time: what is not over is not missing.
    """
    over = [at for at in day.instants() if at + QUARTER_HOUR <= now]
    listed = list(readings)
    last = max(listed, key=lambda each: each.start_time, default=None)
    return ReadingHealth(
        known=sum(value is not None for value in measured_kw),
        due=len(over),
        gaps=tuple(_gaps(over, measured_kw)),
        qualities=tuple(Counter(each.quality for each in listed).most_common()),
        corrected=sum(each.version > 1 for each in listed),
        last=last,
        delay=None if last is None else last.received_at - _end(last),
    )


def _end(reading: Measurement) -> datetime:
    return reading.start_time + timedelta(minutes=reading.duration_minutes)


def _gaps(over: list[datetime], measured_kw: Curve) -> Iterable[tuple[datetime, datetime]]:
    """Yield the spans of neighbouring quarter-hours that are over and not measured in full."""
    pairs = zip(over, measured_kw, strict=False)
    for is_missing, run in groupby(pairs, key=lambda pair: pair[1] is None):
        if is_missing:
            held = [at for at, _ in run]
            yield held[0], held[-1] + QUARTER_HOUR
