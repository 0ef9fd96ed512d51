"""Where payments and their energy lie in their pictures: places worked by hand from the edges.

The area goes from 46 to 350 px and from 156 px, the lowest amount, to 16, the highest; names stand
6 px beside it and 20 px below it.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from platone.dashboard.domain.payment import Energy, Paid
from platone.dashboard.domain.payment_picture import draw_energy, draw_payments
from platone.infra.page.language import LANGUAGES
from platone.infra.page.word import short_day, short_month

ON = date(2021, 6, 1)


def drawn(*tokens: str) -> str:
    paid = [Paid(ON + timedelta(days=at), Decimal(each)) for at, each in enumerate(tokens)]
    return draw_payments(paid, lambda on: f"{on.day}.", "told", "en")


def bars(picture: str, kind: str = "sold") -> list[tuple[float, ...]]:
    """Bars as their left and upper edge, width and height, px."""
    found = re.findall(
        rf'class="{kind}" x="(\S+)" y="(\S+)" rx="2" width="(\S+)" height="(\S+)"', picture
    )
    return [tuple(map(float, each)) for each in found]


def lines(picture: str, kind: str) -> list[tuple[float, ...]]:
    found = re.findall(rf'class="{kind}" x1="(\S+)" y1="(\S+)" x2="(\S+)" y2="(\S+)"', picture)
    return [tuple(map(float, each)) for each in found]


def words(picture: str, anchor: str) -> list[tuple[float, float, str]]:
    found = re.findall(rf'<text x="(\S+)" y="(\S+)" [^>]*anchor="{anchor}">([^<]+)<', picture)
    return [(float(x), float(y), text) for x, y, text in found]


def test_bars_stand_on_nothing_and_negative_ones_hang() -> None:
    """From -1 to 4 over 140 px, 28 px a token; a third of the width for each, 101.33 px."""
    picture = drawn("4", "-1", "1")
    assert bars(picture) == [
        (72.7, 16.0, 48.0, 112.0),
        (174.0, 128.0, 48.0, 28.0),
        (275.3, 100.0, 48.0, 28.0),
    ]
    grid = [(46.0, y, 350.0, y) for y in (156.0, 128.0, 100.0, 72.0, 44.0, 16.0)]
    assert lines(picture, "grid") == grid
    assert lines(picture, "axis") == [(46.0, 128.0, 350.0, 128.0)]
    named = ("\u22121.00", "0.00", "1.00", "2.00", "3.00", "4.00")
    told = [(40.0, 160.0 - 28.0 * at, name) for at, name in enumerate(named)]
    assert words(picture, "end") == told
    assert words(picture, "middle") == [
        (96.7, 176.0, "1."),
        (198.0, 176.0, "2."),
        (299.3, 176.0, "3."),
    ]
    assert 'viewBox="0 0 360 190"' in picture
    assert 'aria-label="told"' in picture


def test_without_payments_the_axis_goes_to_one() -> None:
    for picture in (drawn(), drawn("0")):
        assert words(picture, "end") == [
            (40.0, 160.0 - 28.0 * fifth, f"{fifth / 5:.2f}") for fifth in range(6)
        ]
        assert lines(picture, "axis") == [(46.0, 156.0, 350.0, 156.0)]
    assert bars(drawn()) == []
    assert bars(drawn("0")) == [(174.0, 156.0, 48.0, 0.0)]


def test_only_negative_ones_hang_from_the_top() -> None:
    picture = drawn("-2", "-1")
    assert [(y, height) for _, y, _, height in bars(picture)] == [(16.0, 140.0), (16.0, 70.0)]
    assert lines(picture, "axis") == [(46.0, 16.0, 350.0, 16.0)]


def test_a_quarter_of_a_narrow_bars_place_is_free() -> None:
    """Ten of 30.4 px: 22.8 px each, from 3.8 px on."""
    found = bars(drawn(*["1"] * 10))
    assert {width for _, _, width, _ in found} == {22.8}
    assert [x for x, _, _, _ in found] == pytest.approx(
        [49.8 + 30.4 * place for place in range(10)], abs=0.051
    )


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (6, ["1.", "2.", "3.", "4.", "5.", "6."]),
        (7, ["1.", "3.", "5.", "7."]),
        (12, ["1.", "3.", "5.", "7.", "9.", "11."]),
        (13, ["1.", "4.", "7.", "10.", "13."]),
    ],
)
def test_no_more_than_six_are_named(count: int, named: list[str]) -> None:
    assert [text for _, _, text in words(drawn(*["1"] * count), "middle")] == named


def test_amounts_of_a_millionth_do_not_show_rounding() -> None:
    assert words(drawn("0.3000000001"), "end")[-1][2] == "0.30"


def energy(ordered: float, delivered: float) -> str:
    missing = ordered - delivered
    return draw_energy(
        Energy(ordered=ordered, delivered=delivered, missing=missing, beyond=0.0, against=0.0), "x"
    )


def test_energy_is_a_bar_of_what_was_delivered_and_what_is_missing() -> None:
    """A quarter of 358 px are 89.5 px."""
    picture = energy(2.0, 0.5)
    assert bars(picture) == [(1.0, 1.0, 89.5, 16.0)]
    assert bars(picture, "unsold") == [(90.5, 1.0, 268.5, 16.0)]
    assert 'viewBox="0 0 360 18"' in picture
    whole = energy(0.5, 0.5)
    assert bars(whole) == [(1.0, 1.0, 358.0, 16.0)]
    assert bars(whole, "unsold") == []
    assert bars(energy(0.0, 0.0)) == [(1.0, 1.0, 0.0, 16.0)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [short_day, short_month])
def test_names_never_touch_in_any_language(language: str, name: Callable[[date, str], str]) -> None:
    """Letters of 12 px are 6.4 px wide at most on average: between two names a gap is left."""
    step = 31 if name is short_month else 1
    paid = [Paid(ON + timedelta(days=at * step), Decimal(1)) for at in range(24)]
    picture = draw_payments(paid, lambda on: name(on, language), "told", language)
    named = words(picture, "middle")
    assert named
    for (before, _, left), (after, _, right) in pairwise(named):
        assert after - before > (len(left) + len(right)) / 2 * 6.4
