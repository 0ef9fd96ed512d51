"""Consumers' typical days and forecasts, and the power behind phasors."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from platone.grid.phasor.component import DeviceRule
from platone.grid.phasor.recording import RecordedPower, recorded_power
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_forecast import DayForecast, ForecastRule, forecast_days
from platone.grid.profile.metering import Metering, RemarkKind
from platone.grid.profile.public_holiday import national_calendar
from platone.grid.profile.typical_day import TypicalDays, typical_days
from platone.grid.study.argument import require_choice, require_kind, require_metering, require_zone
from platone.messages.phasor import AngleUnit

_AngleUnitName = Literal["degree", "radian"]


def profile(metering: Metering, *, country: str = "IT", zone: str = "Europe/Rome") -> TypicalDays:
    """Return each consumer's typical days by month: working day, pre-holiday and holiday.

    Args:
        metering: What the consumers withdrew, usually in a year.
        country: Whose public holidays count (ISO 3166-1).
        zone: The market's zone.

    Raises:
        MeteringInvalid: There is no metering.
        ArgumentInvalid: It is something else than metering, or the zone is not known.
    """
    require_metering(metering)
    require_zone(zone)
    return typical_days(metering, national_calendar(country, zone=zone))


def forecast(
    metering: Metering,
    *,
    country: str = "IT",
    zone: str = "Europe/Rome",
    origin: datetime | None = None,
    days: int = 3,
) -> DayForecast:
    """Return a forecast of consumers' power, by each one's best model in a back-test.

    Args:
        metering: What the consumers withdrew.
        country: Whose public holidays count (ISO 3166-1).
        zone: The market's zone.
        origin: From when on, UTC where it has no zone; none: the end of the metering. Nothing
            later is looked at.
        days: Market days, the current one included.

    Raises:
        MeteringInvalid: There is too little metering of all consumers.
        ArgumentInvalid: It is something else than metering, or the zone is not known.
    """
    require_metering(metering)
    require_zone(zone)
    require_kind("days", days, int, "it is a number of market days")
    start = metering.end if origin is None else origin.replace(tzinfo=origin.tzinfo or UTC)
    calendar = national_calendar(country, zone=zone)
    made = forecast_days(metering, calendar, start, rule=ForecastRule(days=days))
    poor = [each for each in made.remarks if each.kind is RemarkKind.TOO_LITTLE]
    if len(poor) == len(made.consumers):
        raise MeteringInvalid(poor[0].detail)
    return made


def phasor(
    readings: str | Path | Iterable[str | bytes],
    *,
    angle_unit: _AngleUnitName = "degree",
) -> RecordedPower:
    """Return the active and reactive power in recorded PMU messages.

    Args:
        readings: A file with a JSON object a line, or such lines.
        angle_unit: Unit of the angles in them.

    Raises:
        OSError: The file cannot be opened.
        ArgumentInvalid: There is no such unit of angles.
    """
    require_choice("angle_unit", angle_unit, _AngleUnitName)
    rule = DeviceRule(angle_unit=AngleUnit(angle_unit))
    require_kind(
        "readings", readings, (str, Path, Iterable), "it is a file's path, or a JSON object a line"
    )
    if not isinstance(readings, str | Path):
        return recorded_power(readings, rule)
    with Path(readings).open("rb") as lines:
        return recorded_power(lines, rule)
