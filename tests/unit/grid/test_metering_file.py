"""Metering files: columns, units, zones, gaps, doubles, and what is refused."""

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.grid.metering_writer import write_metering_csv

from platone.grid.file.metering_file import (
    read_metering_csv,
    write_profile_csv,
)
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.meter_row import MeterRows, metering_of_rows
from platone.grid.profile.metering import Metering, RemarkKind, suspect_units
from platone.grid.profile.typical_day import typical_days

START = datetime(2021, 6, 22, 22, tzinfo=UTC)


def read(text: str) -> Metering:
    return read_metering_csv(io.StringIO(text))


def kinds(metering: Metering) -> dict[RemarkKind, int]:
    found: dict[RemarkKind, int] = {}
    for remark in metering.remarks:
        found[remark.kind] = found.get(remark.kind, 0) + remark.count
    return found


def test_energy_and_power_columns_say_the_same() -> None:
    power = read(
        "time,consumer,p_kw,q_kvar\n"
        "2021-06-23T00:00:00+02:00,A,100,-20\n"
        "2021-06-22T22:15:00Z,A,50,8\n"
        "2021-06-22T22:15:00+00:00,B,-4,\n"
    )
    energy = read(
        "consumer,time,energy_kwh,energy_kvarh\n"
        "A,2021-06-23T00:00:00+02:00,25,-5\n"
        "A,2021-06-23T01:15:00+03:00,12.5,2\n"
        "B,2021-06-22T22:15:00Z,-1,\n"
    )
    registers = read(
        "time,consumer,absorbed_kwh,generated_kwh,q1_kvarh,q2_kvarh,q3_kvarh,q4_kvarh\n"
        "2021-06-22T22:00:00Z,A,25,0,0,0,0,5\n"
        "2021-06-22T22:15:00Z,A,12.5,0,1,1,0,0\n"
        "2021-06-22T22:15:00Z,B,0,1,,,,\n"
    )
    for metering in (power, energy, registers):
        assert metering.start == START
        assert metering.consumers == ("A", "B")
        assert metering.q_kvar is not None
        np.testing.assert_allclose(metering.p_kw, np.array([[100, np.nan], [50, -4]]))
        np.testing.assert_allclose(metering.q_kvar, np.array([[-20, np.nan], [8, np.nan]]))
        assert kinds(metering) == {RemarkKind.GAP: 1}


def test_doubles_and_lesser_qualities_are_remarked() -> None:
    metering = read(
        "time,consumer,p_kw,quality\n"
        "2021-06-22T22:30:00Z,A,7,measured\n"  # late and early rows come in any order
        "2021-06-22T22:00:00Z,A,1,measured\n"
        "2021-06-22T22:00:00Z,A,1,measured\n"
        "2021-06-22T22:15:00Z,A,2,measured\n"
        "2021-06-23T00:15:00+02:00,A,3,measured\n"
        "2021-06-22T22:45:00Z,A,9,estimated\n"
    )
    np.testing.assert_allclose(metering.p_kw[:, 0], [1, 3, 7])
    assert kinds(metering) == {
        RemarkKind.DUPLICATE: 1,
        RemarkKind.REPLACED: 1,
        RemarkKind.QUALITY: 1,
    }


HEAD = "time,consumer,p_kw\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "time and consumer"),
        ("time,consumer\n", "p_kw"),
        ("time,consumer,kwh\n", "kwh"),
        ("time,consumer,p_kw,p_kw\n", "twice"),
        ("time,consumer,p_kw,energy_kwh\n", "p_kw"),
        ("time,consumer,generated_kwh\n", "absorbed_kwh"),
        ("time,consumer,p_kw,q1_kvarh\n", "q1_kvarh"),
        (HEAD, "No value"),
        (HEAD + "2021-06-22T22:00:00,A,1\n", "Line 2.*zone"),
        (HEAD + "2021-06-22T22:00:00Z,A,1\n2021-06-22T22:07:00Z,A,1\n", "Line 3.*quarter-hour"),
        (HEAD + "22/06/2021,A,1\n", "Line 2"),
        (HEAD + "2021-06-22T22:00:00Z,A,1;5\n", "Line 2"),
        (HEAD + "2021-06-22T22:00:00Z,A,nan\n", "Line 2.*finite"),
        (HEAD + "2021-06-22T22:00:00Z,A,inf\n", "Line 2.*finite"),
        (HEAD + "2021-06-22T22:00:00Z,A,1,2\n", "Line 2.*cells"),
        (HEAD + "2021-06-22T22:00:00Z,A,1\n1999-06-22T22:00:00Z,A,1\n", "year"),
        (HEAD + "0001-01-01T00:00:00+05:00,A,1\n", "Line 2.*not in the years 2000 to 2099"),
        (HEAD + "9999-12-31T23:45:00-05:00,A,1\n", "Line 2.*not in the years 2000 to 2099"),
        (HEAD + '2021-06-22T22:00:00Z,"' + "x" * 200_000, "Line 2.*field"),
        (HEAD + "2021-06-22T22:00:00Z, ,1\n", "Line 2.*no consumer"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, named: str) -> None:
    with pytest.raises(MeteringInvalid, match=named):
        read(text)


def test_marks_and_blanks_around_names_do_not_count() -> None:
    found = read(
        "\ufefftime, consumer,p_kw,quality\n"
        "2021-06-22T22:00:00Z, A,1,measured \n"
        "2021-06-22T22:15:00Z,A ,2,\n"
    )
    assert found.consumers == ("A",)
    assert found.p_kw[:, 0].tolist() == [1, 2]


def test_a_few_values_do_not_ask_for_all_the_memory() -> None:
    rows = MeterRows()
    for number in range(2000):
        rows.add(f"c{number}", 0, 15, 1.0)
    rows.add("late", 900 * 300_000, 15, 1.0)
    with pytest.raises(MeteringInvalid, match="2001 consumers span 300001"):
        metering_of_rows(rows)


def test_shorter_intervals_are_added_up_and_others_left_out() -> None:
    rows, first = MeterRows(), int(START.timestamp())
    for minute in range(0, 15, 5):
        rows.add("five", first + 60 * minute, 5, 1.0)
    rows.add("five", first + 900, 5, 1.0)  # the rest of this quarter-hour never came
    rows.add("hour", first, 60, 4.0)
    rows.add("odd", first + 600, 10, 4.0)
    rows.add("whole", first + 900, 15, 2.5)
    rows.add("half a day", first, 720, 9.0)
    rows.add("across", first + 600, 30, 9.0)
    found = metering_of_rows(rows)
    assert found.consumers == ("five", "hour", "odd", "whole", "half a day", "across")
    np.testing.assert_allclose(found.p_kw[:, 0], [12.0, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(found.p_kw[:, 1], [4.0] * 4)
    np.testing.assert_allclose(found.p_kw[:, 3], [np.nan, 10.0, np.nan, np.nan])
    assert np.isnan(found.p_kw[:, [2, 4, 5]]).all()
    assert kinds(found)[RemarkKind.INTERVAL] == 3  # that of ten minutes reaches over a boundary
    assert kinds(found)[RemarkKind.SPREAD] == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 5), st.booleans(), st.integers(0, 2**31))
def test_what_is_written_is_read_again(slots: int, count: int, has_q: bool, seed: int) -> None:  # noqa: FBT001
    rng = np.random.default_rng(seed)
    p_kw = rng.normal(0, 1000, (slots, count))
    p_kw[rng.random(p_kw.shape) < 0.3] = np.nan
    p_kw[0], p_kw[-1] = 1 / 3, -0.1
    q_kvar = np.where(np.isnan(p_kw), np.nan, p_kw / 7) if has_q else None
    names = tuple(f"line, {n}" for n in range(count))
    file = io.StringIO()
    write_metering_csv(Metering(START, names, p_kw, q_kvar), file)
    found = read(file.getvalue())
    assert (found.start, found.consumers) == (START, names)
    np.testing.assert_allclose(found.p_kw, p_kw, rtol=1e-15)
    assert (found.q_kvar is not None) == has_q
    if found.q_kvar is not None and q_kvar is not None:
        np.testing.assert_allclose(found.q_kvar, q_kvar, rtol=1e-15)


def test_profiles_as_a_table_for_others() -> None:
    rng = np.random.default_rng(3)
    metering = Metering(START, ("A", "B"), rng.normal(10, 1, (96 * 60, 2)))
    typical = typical_days(metering, Calendar("UTC"))
    file = io.StringIO()
    write_profile_csv(typical, file)
    table = pd.read_csv(io.StringIO(file.getvalue()))
    assert len(table) == 2 * 12 * 3 * 96
    index = pd.date_range(START, periods=len(metering.p_kw), freq="15min")
    july = (index.month == 7) & (index.weekday == 6) & (index.hour == 6) & (index.minute == 30)
    chosen = table.query("consumer == 'B' and month == 7 and day_kind == 'holiday'")
    row = chosen.query("quarter_hour == 26").iloc[0]
    assert row["basis"] == "own"
    assert row["count"] == july.sum() == 4
    assert row["mean_kw"] == pytest.approx(metering.p_kw[july, 1].mean())
    assert row["deviation_kw"] == pytest.approx(metering.p_kw[july, 1].std(ddof=1))
    assert row["p90_kw"] == pytest.approx(np.quantile(metering.p_kw[july, 1], 0.9))


def test_units_that_may_be_wrong() -> None:
    rng = np.random.default_rng(8)
    fair = rng.uniform(20, 80, (96 * 30, 4))
    fair[:, 1] *= 1000  # W for kW, all the time
    fair[96 * 20 : 96 * 22, 2] *= 1000  # for two days
    fair[:, 3] = 0.0
    fair[5:9, 3] = np.nan
    metering = Metering(START, ("fair", "watts", "sometimes", "idle"), fair)
    found = suspect_units(metering, {"fair": 100.0, "watts": 100.0, "idle": 50.0})
    assert [(each.consumer, each.kind) for each in found] == [
        ("watts", RemarkKind.UNIT),
        ("sometimes", RemarkKind.UNIT),
    ]
    assert found[1].count == 2 * 96
    assert "W instead of kW" in found[0].detail
    assert suspect_units(metering, {})[0].consumer == "sometimes"


def test_only_what_had_ended_is_known() -> None:
    metering = Metering(START, ("A",), np.arange(8.0)[:, None])
    assert len(metering.until(START + timedelta(minutes=29)).p_kw) == 1
    assert len(metering.until(START + timedelta(minutes=30)).p_kw) == 2
    assert len(metering.until(START - timedelta(days=1)).p_kw) == 0
    assert metering.until(metering.end + timedelta(days=1)).end == metering.end
