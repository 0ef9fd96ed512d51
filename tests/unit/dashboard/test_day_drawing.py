"""Where a day's curves lie in their picture: places worked by hand from its edges, and its words.

The area goes from 56 to 750 px (350 on a telephone) and from 192 px, the lowest value, to 16, the
highest; beyond either, 8 % of the value are left free.
"""

import re
from datetime import date

import pytest

from platone.dashboard.domain.day_picture import NARROW, WIDE, DayCurves, draw_day_curves, on_day
from platone.dashboard.domain.pod_day import moves_of
from platone.kernel.market_time import MarketDay

DAY = MarketDay(date(2021, 6, 23))
NOTHING = on_day(DAY, {})


def drawn(values: dict[int, float], width: float = WIDE) -> str:
    measured = on_day(DAY, {DAY.instant(index): kw for index, kw in values.items()})
    return draw_day_curves(DayCurves(DAY, NOTHING, measured, NOTHING), "x", width)


def stairs(picture: str) -> list[tuple[float, float]]:
    path = re.findall(r'meter-line" d="M([^"]+)"', picture)[0]
    points = [point.split() for point in path.split(" L")]
    return [(float(x), float(y)) for x, y in points]


def names(picture: str) -> list[tuple[float, str]]:
    """Names on the axis of powers with their heights, px."""
    found = re.findall(r'<text x="49" y="([\d.]+)"[^>]*>([^<]+)<', picture)
    return [(float(y), name) for y, name in found]


def lines(picture: str, kind: str) -> list[tuple[float, ...]]:
    found = re.findall(rf'class="{kind}" x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)"', picture)
    return [tuple(map(float, each)) for each in found]


def test_the_highest_value_has_a_little_room_above() -> None:
    # 0 to 10.8 kW over 176 px: 10 kW lie 162.96 px above the ground
    assert stairs(drawn({0: 10.0, 1: 10.0, 2: 10.0, 3: 10.0}))[0] == (56.0, 29.0)
    assert stairs(drawn({95: 10.0}))[-1] == (750.0, 29.0)
    assert lines(drawn({0: 10.0}), "axis") == [(56.0, 192.0, 750.0, 192.0)]


def test_what_is_fed_in_lies_below_the_axis() -> None:
    # -5.4 to 10.8 kW over 176 px, 10.864 px a kW
    picture = drawn({48: 10.0, 49: -5.0})
    assert stairs(picture) == [(403.0, 24.7), (410.2, 24.7), (410.2, 187.7), (417.5, 187.7)]
    assert lines(picture, "axis") == [(56.0, 133.3, 750.0, 133.3)]
    assert names(picture) == [
        (191.7, "\u22125"),
        (137.3, "0"),
        (83.0, "5"),
        (28.7, "10"),
    ]
    assert [line[1] for line in lines(picture, "grid")] == [187.7, 133.3, 79.0, 24.7]


def test_what_only_feeds_in_has_zero_on_top() -> None:
    picture = drawn({0: -10.0})
    assert [name for _, name in names(picture)] == ["\u221210", "\u22125", "0"]
    assert lines(picture, "axis")[0][1] == pytest.approx(16.0, abs=0.1)


@pytest.mark.parametrize(
    ("high_kw", "told"),
    [
        (18.4, ["0", "5", "10", "15"]),
        (4.4, ["0", "1", "2", "3", "4"]),
        (0.44, ["0", "0.1", "0.2", "0.3", "0.4"]),
    ],
)
def test_the_marks_are_round(high_kw: float, told: list[str]) -> None:
    assert [name for _, name in names(drawn({0: high_kw}))] == told


def test_a_day_of_no_power_lies_on_the_ground() -> None:
    assert stairs(drawn({0: 0.0})) == [(56.0, 192.0), (63.2, 192.0)]


def test_a_telephones_picture_is_narrower_and_names_fewer_hours() -> None:
    picture = drawn({95: 10.0}, NARROW)
    assert 'viewBox="0 0 360 230"' in picture
    assert 'viewBox="0 0 760 230"' in drawn({0: 1.0})
    assert stairs(picture)[-1] == (350.0, 29.0)
    hours = re.findall(r'<text x="([\d.]+)" y="212"[^>]*>([\d:]+)<', picture)
    assert hours == [("56", "00:00"), ("129.5", "06:00"), ("203", "12:00"), ("276.5", "18:00")]


def test_where_clocks_go_back_an_hour_stands_twice() -> None:
    day = MarketDay(date(2021, 10, 31), "Atlantic/Azores")  # 01:00 goes back to 00:00
    nothing = on_day(day, {})
    picture = draw_day_curves(DayCurves(day, nothing, nothing, nothing), "x")
    assert re.findall(r">(\d\d:\d\d)<", picture)[:3] == ["00:00", "00:00", "03:00"]


@pytest.mark.parametrize(
    ("day", "clocks"),
    [
        (MarketDay(date(2021, 6, 23)), "Rome"),
        (MarketDay(date(2021, 3, 28)), "Rome, CET to CEST"),
        (MarketDay(date(2021, 10, 31)), "Rome, CEST to CET"),
        (MarketDay(date(2021, 3, 28), "Europe/Athens"), "Athens, EET to EEST"),
        (MarketDay(date(2021, 3, 28), "Asia/Tokyo"), "Tokyo"),
    ],
)
def test_a_picture_names_its_clocks_and_their_change(day: MarketDay, clocks: str) -> None:
    nothing = on_day(day, {})
    assert f">{clocks}</text>" in draw_day_curves(DayCurves(day, nothing, nothing, nothing), "x")


def test_curves_stand_in_their_kinds() -> None:
    at = on_day(DAY, {DAY.start: 1.0})
    for curves, kind in (
        (DayCurves(DAY, at, NOTHING, NOTHING), "base-line"),
        (DayCurves(DAY, NOTHING, at, NOTHING), "meter-line"),
        (DayCurves(DAY, NOTHING, NOTHING, at), "plan-line"),
    ):
        assert re.findall(r'class="curve ([a-z-]+)"', draw_day_curves(curves, "x")) == [kind]
        assert not curves.is_empty


def marked(picture: str) -> list[tuple[float, ...]]:
    found = re.findall(
        r'class="agreed-time" x="(\S+)" y="(\S+)" rx="2" width="(\S+)" height="(\S+)"', picture
    )
    return [tuple(map(float, each)) for each in found]


def test_a_quarter_hour_that_was_agreed_is_marked_where_it_can_be_seen() -> None:
    """At noon a quarter-hour is 3.06 px of a telephone's picture: it is marked by 10 px around."""

    def agreed(*places: int) -> DayCurves:
        kw = on_day(DAY, {DAY.instant(place): 1.0 for place in places})
        return DayCurves(DAY, NOTHING, NOTHING, kw)

    assert marked(draw_day_curves(agreed(48), "x", NARROW)) == [(199.5, 16.0, 10.0, 176.0)]
    # two hours of 28.92 px each on a page are marked as long as they are, and one apart from it
    picture = draw_day_curves(agreed(*range(8), 95), "x")
    assert marked(picture) == [(56.0, 16.0, 57.8, 176.0), (741.4, 16.0, 10.0, 176.0)]
    assert marked(draw_day_curves(DayCurves(DAY, NOTHING, NOTHING, NOTHING), "x")) == []


def areas(picture: str, kind: str) -> list[str]:
    return re.findall(rf'class="{kind}" d="M([^"]+)"', picture)


def test_the_band_of_bounds_surrounds_the_baseline() -> None:
    # 4 to 12 kW of 12.96 over 176 px, 13.58 px a kW: 192 less 54.3, and less 163
    base = on_day(DAY, {DAY.start: 10.0})
    curves = DayCurves(DAY, base, NOTHING, NOTHING).with_bounds(2.0, 6.0)
    assert areas(draw_day_curves(curves, "x"), "bounds") == ["56 137.7 L63.2 137.7 L63.2 29 L56 29"]
    wide = DayCurves(DAY, base, NOTHING, NOTHING).with_bounds(90.0, 6.0)
    assert areas(draw_day_curves(wide, "x"), "bounds") == []  # curves would become flat


@pytest.mark.parametrize(
    ("sold", "unsold"),
    [
        (None, (10.0, 14.0)),  # nothing was sold: all of the rise is left
        (12.0, (12.0, 14.0)),  # a part
        (14.0, None),  # all
        (15.0, None),  # with another offer, more than this one
        (8.0, (10.0, 14.0)),  # the other side was sold
    ],
)
def test_what_was_offered_and_not_sold_is_the_rest(
    sold: float | None, unsold: tuple[float, float] | None
) -> None:
    def at_noon(value: float | None) -> list[float | None]:
        return list(on_day(DAY, {} if value is None else {DAY.instant(48): value}))

    curves = DayCurves(DAY, at_noon(10.0), NOTHING, at_noon(sold), at_noon(14.0))
    assert curves.unsold_kw()[48] == unsold
    assert len(areas(draw_day_curves(curves, "x"), "unsold-area")) == (unsold is not None)
    rise, *falls = moves_of(curves)
    assert rise.side == "rise"
    assert rise.offered_kwh == pytest.approx(1.0)  # 4 kW for a quarter of an hour
    assert rise.unsold_kwh == pytest.approx(0.0 if unsold is None else (14.0 - unsold[0]) / 4)
    assert [each.sold_kwh for each in falls] == ([0.5] if sold == 8.0 else [])


@pytest.mark.parametrize(
    ("sold", "unsold"),
    [(None, (10.0, 6.0)), (8.0, (8.0, 6.0)), (6.0, None), (5.0, None), (12.0, (10.0, 6.0))],
)
def test_what_is_left_of_an_offer_to_fall_is_its_mirror(
    sold: float | None, unsold: tuple[float, float] | None
) -> None:
    curves = DayCurves(DAY, [10.0], [None], [sold], [6.0])
    assert curves.unsold_kw() == [unsold]


def test_limits_far_from_a_small_day_are_not_drawn() -> None:
    """Of 0.2 kW at most, a limit of 0.5 kW is drawn and one of 0.6 kW is not: 2.5 times."""
    curves = DayCurves(DAY, [0.2], [-0.1], [None], limits_kw=[0.5, -0.5, 0.6])
    assert curves.near_limits_kw() == [0.5, -0.5]
