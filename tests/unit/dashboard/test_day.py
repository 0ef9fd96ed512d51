"""A day's curves: readings of any length, gaps that are not drawn over, days of any length."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from platone.dashboard.domain.day_picture import NARROW, Curve, DayCurves, draw_day_curves, on_day
from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.pod_day import curves_of, energy_kwh, hours_of
from platone.kernel.market_time import MarketDay
from platone.messages.market import Flexibility, FlexibilityService, PowerPoint, ServiceType
from platone.messages.registry import Measurement, Series

POD = "IT001E00000071"
DAY = MarketDay(date(2021, 6, 23))


def same(curve: Curve) -> tuple[Curve, Curve, Curve]:
    return curve, curve, curve


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
    curves = DayCurves(DAY, *same(on_day(DAY, {DAY.start: -3.0})))
    picture = draw_day_curves(curves, '"><script>')
    assert "<script>" not in picture
    assert "style=" not in picture


def test_energy_is_drawn_and_fed_apart() -> None:
    assert energy_kwh([4.0, None, -2.0, 4.0]) == (2.0, 0.5)


def test_limits_near_the_curves_are_drawn_and_far_ones_are_not() -> None:
    curves = DayCurves(DAY, *same(on_day(DAY, {DAY.start: 100.0})))
    curves = replace(curves, limits_kw=(120.0, -80.0, 625.0))
    assert list(curves.near_limits_kw()) == [120.0, -80.0]
    drawn = draw_day_curves(curves, "x")
    assert drawn.count('class="limit"') == 2
    assert ">\u221250<" in drawn  # the axis goes down to the limit


def test_what_was_offered_is_drawn() -> None:
    offer = FlexibilityService(
        player_id="ACEAE",
        service_type=ServiceType.OFFER,
        player_service_id="o",
        flexibility=[
            Flexibility(pod=[POD], power=[PowerPoint(index=50, p=90.0, p_price=0.1)]),
            Flexibility(pod=["OTHER"], power=[PowerPoint(index=51, p=90.0, p_price=0.1)]),
        ],
    )
    curves = curves_of(DAY, POD, [], [], [], [offer])
    assert {place: kw for place, kw in enumerate(curves.offered_kw) if kw} == {50: 90.0}
    assert "offer-line" in draw_day_curves(curves, "x")


@pytest.mark.parametrize(
    ("on", "names"),
    [
        (date(2021, 3, 28), ["01:00", "03:00", "04:00"]),
        (date(2021, 10, 31), ["01:00", "02:00 CEST", "02:00 CET", "03:00"]),
    ],
)
def test_the_table_of_a_day_has_its_hours(on: date, names: list[str]) -> None:
    day = MarketDay(on)
    curves = DayCurves(day, *same([4.0] * day.quarter_hours))
    hours = hours_of(curves, Reader("en", day.zone).wall)
    assert len(hours) == day.quarter_hours // 4
    assert [each.name for each in hours[1 : 1 + len(names)]] == names
    assert {each.measured_kwh for each in hours} == {4.0}


def test_an_hour_that_is_not_whole_is_not_known() -> None:
    curves = DayCurves(DAY, *same(on_day(DAY, {DAY.start: 4.0})))
    assert hours_of(curves, str)[0].measured_kwh is None


def test_an_hour_in_which_something_was_agreed_tells_it_with_what_was_expected_else() -> None:
    """Of the hour from noon a quarter-hour was sold at 2 kW; 4 kW were expected in the others."""
    baseline: list[float | None] = [4.0] * 96
    agreed: list[float | None] = [None] * 96
    agreed[49] = 2.0
    hours = hours_of(DayCurves(DAY, baseline, [None] * 96, agreed, [None] * 96), str)
    assert hours[12].agreed_kwh == (4 + 2 + 4 + 4) / 4
    assert [each.agreed_kwh for place, each in enumerate(hours) if place != 12] == [None] * 23
    unknown = hours_of(DayCurves(DAY, [None] * 96, [None] * 96, agreed, [None] * 96), str)
    assert unknown[12].agreed_kwh is None


def test_a_curve_is_by_instant() -> None:
    assert on_day(DAY, {datetime(2021, 6, 22, 22, 15, tzinfo=UTC): 1.0})[1] == 1.0
