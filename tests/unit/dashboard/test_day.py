"""A day's curves: readings of any length, gaps that are not drawn over, days of any length."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from platone.dashboard.domain.day_picture import NARROW, DayCurves, draw_day_curves, on_day
from platone.dashboard.domain.household import activation_notices, agreed_notices, earning_lines
from platone.dashboard.domain.language import sentences
from platone.dashboard.domain.pod_day import curves_of, energy_kwh
from platone.kernel.market_time import MarketDay
from platone.messages.portfolio import EarningLine
from platone.messages.registry import Measurement, Series, Setpoint

POD = "IT001E00000071"
DAY = MarketDay(date(2021, 6, 23))


def reading(start: datetime, minutes: int, energy_wh: int, pod: str = POD) -> Measurement:
    return Measurement(
        pod_id=pod,
        start_time=start,
        duration_minutes=minutes,
        energy_wh=energy_wh,
        quality="measured",
        device="0x" + "0" * 40,
        sequence=1,
        certification_id="c",
        certification_hash="0" * 64,
        received_at=start,
    )


def measured(*readings: Measurement) -> dict[int, float]:
    curve = curves_of(DAY, POD, [], readings, []).measured_kw
    return {place: value for place, value in enumerate(curve) if value is not None}


def test_readings_of_all_lengths_are_mean_powers() -> None:
    assert measured(reading(DAY.start, 15, 2500)) == {0: 10.0}
    assert measured(reading(DAY.start, 60, 10_000)) == dict.fromkeys(range(4), 10.0)
    thirds = [reading(DAY.start + timedelta(minutes=5 * n), 5, 500 + n) for n in range(3)]
    assert measured(*thirds) == {0: pytest.approx(1503 / 1000 * 4)}


def test_a_quarter_hour_that_is_not_whole_is_not_known() -> None:
    assert measured(reading(DAY.start, 5, 500), reading(DAY.start, 15, 1, "OTHER")) == {}


@pytest.mark.parametrize(
    ("on", "count"),
    [(date(2021, 3, 28), 92), (date(2021, 6, 23), 96), (date(2021, 10, 31), 100)],
)
def test_days_have_their_length_and_their_hours(on: date, count: int) -> None:
    day = MarketDay(on)
    series = Series(pod_id=POD, start_time=day.start, values=[7.0] * count)
    curves = curves_of(day, POD, [series], [], [])
    assert list(curves.baseline_kw) == [7.0] * count
    picture = draw_day_curves(curves, "a day")
    hours = re.findall(r">(\d\d):00<", picture)
    assert hours == ["00", "03", "06", "09", "12", "15", "18", "21"]


def test_a_gap_is_not_drawn_over() -> None:
    values = {DAY.instant(index): 5.0 for index in (0, 1, 2, 10, 11)}
    nothing = on_day(DAY, {})
    curves = DayCurves(DAY, nothing, on_day(DAY, values), nothing)
    assert draw_day_curves(curves, "x", NARROW).count("meter-line") == 2
    assert not curves.is_empty
    assert DayCurves(DAY, nothing, nothing, nothing).is_empty


def test_what_a_picture_is_called_is_escaped_and_no_style_stands_in_it() -> None:
    curves = DayCurves(DAY, *[on_day(DAY, {DAY.start: -3.0})] * 3)
    picture = draw_day_curves(curves, '"><script>')
    assert "<script>" not in picture
    assert "style=" not in picture


def test_energy_is_drawn_and_fed_apart() -> None:
    assert energy_kwh([4.0, None, -2.0, 4.0]) == (2.0, 0.5)


def test_runs_of_the_same_power_are_one_notice() -> None:
    values = {DAY.instant(index): 207.66 for index in (50, 51, 52)} | {DAY.instant(95): -3.0}
    told = agreed_notices(DAY, on_day(DAY, values), sentences("en"))
    assert [each.partition(": ")[2] for each in told] == [
        "from 12:30 to 13:15 your home is to draw 207.66 kW on average.",
        "from 23:45 to 00:00 your home is to feed in 3.00 kW on average.",
    ]


def test_a_plant_is_told_active_and_reactive_power() -> None:
    def told(kw: float | None, kvar: float | None) -> list[str]:
        setpoint = Setpoint(
            setpoint_id="s",
            pod_id=POD,
            start_time=DAY.instant(50),
            duration_minutes=15,
            power_kw=kw,
            power_kvar=kvar,
            market_outcome="o",
        )
        return list(activation_notices([setpoint], "Europe/Rome", sentences("en")))

    assert told(207.66, None) == ["At 12:30 your plant was told: 207.66 kW."]
    assert told(None, -3.0) == ["At 12:30 your plant was told: \u22123.00 kvar."]
    assert told(1.0, 2.0) == ["At 12:30 your plant was told: 1.00 kW, 2.00 kvar."]


def test_earnings_are_told_exactly_and_the_latest_first() -> None:
    def line(index: str, status: str = "settled", penalty: str = "0") -> EarningLine:
        return EarningLine(
            settlement_id="s",
            index=index,
            status=status,
            baseline_p=1.0,
            change_p=1.0,
            reference_p=1.0,
            measured_p=None,
            change_q=None,
            measured_q=None,
            paid_eur="2.40243878",
            penalty_eur=penalty,
            customer_tokens="1.921951024",
            request_player_id="TSO",
        )

    lines = [line("50"), line("51", penalty="0.5"), line("52", "missingMeasurement")]
    told = earning_lines(lines, sentences("en"))
    assert told[0] == "13:00: waits for the reading of your meter"
    assert told[1].startswith("12:45: 0.5 euro were kept")
    assert "2.40243878 euro" in told[2]
    assert "1.921951024 tokens" in told[2]


def test_a_curve_is_by_instant() -> None:
    assert on_day(DAY, {datetime(2021, 6, 22, 22, 15, tzinfo=UTC): 1.0})[1] == 1.0
