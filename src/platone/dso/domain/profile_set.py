"""Sets of typical days that were made together."""

from dataclasses import dataclass
from datetime import datetime

from platone.grid.profile.metering import MeteringRemark
from platone.grid.profile.public_holiday import CalendarChoice


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """A set of typical days that were made together.

    Attributes:
        number: Counts the sets.
        made_at: When.
        start: Start of the metering behind them.
        end: Its end.
        calendar: Which public holidays counted.
        min_days: Values that each quarter-hour of a curve had to rest on.
        levels: Quantile levels.
        consumers: How many consumers it was made for.
        without_metering: Consumers that were asked for and have no metering that counts.
        remarks: What was remarkable in the metering.
    """

    number: int
    made_at: datetime
    start: datetime
    end: datetime
    calendar: CalendarChoice
    min_days: int
    levels: tuple[float, ...]
    consumers: int
    without_metering: tuple[str, ...] = ()
    remarks: tuple[MeteringRemark, ...] = ()


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A typical day's curve, as it is stored.

    Attributes:
        consumer: Whose.
        month: Its month, from 0.
        kind: The kind of day, by its place among the kinds.
        content: The packed curve.
    """

    consumer: str
    month: int
    kind: int
    content: bytes
