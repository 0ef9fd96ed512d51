"""Typical days and forecasts of consumers, calculated of metering."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platone.dso.domain.forecast_order import ForecastOrder, models_of
from platone.dso.domain.profile_set import CurveRow
from platone.dso.records.packed_curve import pack_curves
from platone.grid.file.metering_file import read_metering_csv
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_forecast import DayForecast, forecast_days
from platone.grid.profile.meter_row import MeterRows, metering_of_rows
from platone.grid.profile.metering import Metering, MeteringRemark, suspect_units
from platone.grid.profile.public_holiday import CalendarChoice, NationalCalendars
from platone.grid.profile.typical_day import TypicalDayRule, typical_days

MAX_FILE_CONSUMERS = 2_000
"""Most consumers of a metering file, so that one call's calculation stays bounded."""


@dataclass(frozen=True, slots=True)
class MadeCurves:
    """The typical days of some consumers.

    Attributes:
        curves: The curves, as they are stored.
        consumers: Whose they are.
        remarks: What was remarkable in the metering.
    """

    curves: Sequence[CurveRow]
    consumers: Sequence[str]
    remarks: Sequence[MeteringRemark]


def curves_of_rows(
    rows: MeterRows,
    calendars: NationalCalendars,
    choice: CalendarChoice,
    rule: TypicalDayRule,
    contract_kw: Mapping[str, float],
) -> MadeCurves:
    """Return typical days of readings.

    Raises:
        CalendarInvalid: There is no such calendar.
    """
    return curves_of_metering(metering_of_rows(rows), calendars, choice, rule, contract_kw)


def curves_of_metering(
    metering: Metering,
    calendars: NationalCalendars,
    choice: CalendarChoice,
    rule: TypicalDayRule,
    contract_kw: Mapping[str, float],
) -> MadeCurves:
    """Return typical days of metering; raises as :func:`curves_of_rows`."""
    found = typical_days(metering, calendars(choice), rule)
    remarks = [*found.remarks, *suspect_units(metering, contract_kw)]
    return MadeCurves(pack_curves(found), found.consumers, remarks)


def metering_of_file(content: bytes) -> Metering:
    """Return the metering of a CSV file.

    Raises:
        MeteringInvalid: It is none, or of too many consumers.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MeteringInvalid(f"The file is not UTF-8: {error}.") from error
    metering = read_metering_csv(io.StringIO(text, newline=""))
    if len(metering.consumers) > MAX_FILE_CONSUMERS:
        counts = f"{len(metering.consumers)} consumers; {MAX_FILE_CONSUMERS} are taken at once"
        raise MeteringInvalid(f"The file has {counts}.")
    return metering


def forecast_of_rows(
    rows: MeterRows, calendars: NationalCalendars, order: ForecastOrder, origin: datetime
) -> DayForecast:
    """Return the forecast of some consumers; of the back-test the scores, not the single errors.

    Raises:
        CalendarInvalid: There is no such calendar.
    """
    models, rule = models_of(order)
    calendar = calendars(order.calendar)
    made = forecast_days(metering_of_rows(rows), calendar, origin, models, rule)
    # of thousands of consumers, single errors would fill the memory
    return replace(made, test=replace(made.test, errors={}))
