"""Metering of 30 and 60 minutes: the interval is read or asked for, and energy is never doubled."""

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from platone.grid.file.metering_file import read_metering_csv
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.day_forecast import forecast_days
from platone.grid.profile.meter_row import MeterRows, metering_of_rows
from platone.grid.profile.metering import Metering, RemarkKind
from platone.grid.profile.typical_day import typical_days

START = datetime(2026, 2, 1, 23, tzinfo=UTC)
DAYS = 9


def table(minutes: int, column: str, days: int = DAYS, start: datetime = START) -> str:
    """A consumer of 3 kW by day and 1 kW by night, in intervals of so many minutes."""
    lines = [f"time,consumer,{column}"]
    for number in range(days * 24 * 60 // minutes):
        at = start + timedelta(minutes=number * minutes)
        kw = 3.0 if 6 <= at.hour < 18 else 1.0
        value = kw if column.endswith("kw") else kw * minutes / 60
        lines.append(f"{at.isoformat()},A,{value}")
    return "\n".join(lines) + "\n"


def read(text: str, interval: int | None = None) -> Metering:
    return read_metering_csv(io.StringIO(text), interval_minutes=interval)


def energy_kwh(metering: Metering) -> float:
    return float(np.nansum(metering.p_kw)) / 4


@pytest.mark.parametrize("column", ["p_kw", "energy_kwh", "absorbed_kwh"])
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_the_interval_is_read_from_the_distances(minutes: int, column: str) -> None:
    found = read(table(minutes, column))
    assert found.p_kw.shape == (DAYS * 96, 1)
    assert energy_kwh(found) == pytest.approx(DAYS * 48.0)  # 12 h of 3 kW and 12 h of 1 kW
    assert set(np.unique(found.p_kw)) == {1.0, 3.0}
    spread = [each for each in found.remarks if each.kind is RemarkKind.SPREAD]
    assert len(spread) == (minutes > 15)
    if spread:
        assert spread[0].count == DAYS * 24 * 60 // minutes
        assert f"{minutes} minutes" in spread[0].detail
    assert {each.kind for each in found.remarks} <= {RemarkKind.SPREAD}


@pytest.mark.parametrize("minutes", [30, 60])
def test_profiles_and_forecasts_of_them_are_those_of_quarter_hours(minutes: int) -> None:
    longer, quarters = read(table(minutes, "energy_kwh")), read(table(15, "energy_kwh"))
    calendar = Calendar("Europe/Rome")
    one, other = typical_days(longer, calendar), typical_days(quarters, calendar)
    np.testing.assert_allclose(one.p.mean, other.p.mean)
    said = forecast_days(longer, calendar, longer.end).p_kw
    np.testing.assert_allclose(said, forecast_days(quarters, calendar, quarters.end).p_kw)
    assert set(np.round(said.ravel(), 6)) == {1.0, 3.0}


def test_missing_values_do_not_make_another_interval() -> None:
    header, *rows = table(30, "energy_kwh").splitlines()
    kept = [row for number, row in enumerate(rows) if number % 5 != 2]
    found = read("\n".join([header, *kept]))
    assert energy_kwh(found) == pytest.approx(sum(float(row.split(",")[2]) for row in kept))
    assert np.isnan(found.p_kw).sum() == 2 * (len(rows) - len(kept))


def test_one_with_few_values_has_the_interval_of_the_others() -> None:
    few = f"{START.isoformat()},B,6.0\n{(START + timedelta(hours=7)).isoformat()},B,6.0\n"
    found = read(table(60, "energy_kwh") + few)
    assert np.nansum(found.p_kw[:, 1]) / 4 == pytest.approx(12.0)
    assert np.nanmax(found.p_kw[:, 1]) == pytest.approx(6.0)


def test_two_intervals_in_a_file_are_asked_for() -> None:
    """Hours and then quarter-hours: what stands an hour apart may be hours or lack values."""
    later = START + timedelta(days=3)
    mixed = table(60, "energy_kwh", 3) + table(15, "energy_kwh", 3, later).split("\n", 1)[1]
    with pytest.raises(MeteringInvalid, match=r"A: values stand 15 .* on 60; say .*minutes"):
        read(mixed)
    header, *rows = mixed.splitlines()
    said = [f"{row},{60 if number < 72 else 15}" for number, row in enumerate(rows)]
    found = read("\n".join([f"{header},minutes", *said]))
    assert energy_kwh(found) == pytest.approx(6 * 48.0)
    assert set(np.unique(found.p_kw)) == {1.0, 3.0}


def test_days_or_odd_distances_are_asked_for() -> None:
    days = "\n".join(f"{(START + timedelta(days=n)).isoformat()},A,24" for n in range(9))
    with pytest.raises(MeteringInvalid, match="A: values stand 1440 minutes apart"):
        read("time,consumer,energy_kwh\n" + days)
    odd = "\n".join(f"{(START + timedelta(minutes=45 * n)).isoformat()},A,1" for n in range(9))
    with pytest.raises(MeteringInvalid, match="45 minutes apart"):
        read("time,consumer,energy_kwh\n" + odd)


def test_the_caller_or_the_column_says_it() -> None:
    text = f"time,consumer,energy_kwh\n{START.isoformat()},A,4\n"
    assert energy_kwh(read(text, 60)) == energy_kwh(read(text, 15)) == 4.0
    assert (len(read(text, 60).p_kw), len(read(text, 15).p_kw)) == (4, 1)
    column = f"time,consumer,minutes,energy_kwh\n{START.isoformat()},A,30,4\n"
    assert read(column, 60).p_kw[:, 0].tolist() == [8.0, 8.0]
    for wrong in ("20", "", "0", "1440", "x"):
        with pytest.raises(MeteringInvalid, match=r"Line 2: minutes is .* not one of 15, 30, 60"):
            read(column.replace(",30,", f",{wrong},"))


def test_what_overlaps_is_unknown_and_not_added() -> None:
    rows, first = MeterRows(), int(START.timestamp())
    rows.add("A", first, 60, 4.0)
    rows.add("A", first + 1800, 15, 1.0)
    rows.add("A", first + 3600, 30, 1.0)
    found = metering_of_rows(rows)
    np.testing.assert_allclose(found.p_kw[:, 0], [4, 4, np.nan, 4, 2, 2])
