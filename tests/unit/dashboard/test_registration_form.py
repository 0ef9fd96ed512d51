"""A registration and a baseline are read as they are typed, on days of any length."""

import pytest

from platone.dashboard.domain.problem import FieldWrong, all_reasons
from platone.dashboard.domain.registration_form import read_baseline, read_registration

TYPED = {
    "pod": " IT001E00000071 ",
    "customer": "",
    "contracted": "6",
    "rise": "3,5",
    "fall": "2",
    "share": "72.5",
}


def test_a_registration_is_read_as_it_is_typed() -> None:
    (made,) = read_registration(TYPED, "ACEAE").pods
    assert (made.pod.pod_id, made.pod.aggregator_id) == ("IT001E00000071", "ACEAE")
    assert made.pod.customer_id is None
    assert made.pod.max_flexibility is not None
    assert (made.pod.max_flexibility.upper_p, made.pod.max_flexibility.down_p) == (3.5, 2.0)
    assert made.customer_share_ppm == 725_000


def test_all_that_is_wrong_with_it_is_told() -> None:
    with pytest.raises(FieldWrong) as told:
        read_registration(TYPED | {"rise": "much", "share": ""}, "ACEAE")
    assert all_reasons(told.value) == ["Rise is no number.", "The customer's part is no number."]


@pytest.mark.parametrize("typed", ["nan", "inf", "-inf", "1e300", "1e9999"])
def test_what_is_no_amount_of_anything_is_refused_by_name(typed: str) -> None:
    with pytest.raises(FieldWrong, match="The customer's part is"):
        read_registration(TYPED | {"share": typed}, "ACEAE")


@pytest.mark.parametrize(
    ("day", "start", "count"),
    [
        ("2021-06-23", "2021-06-22T22:00:00+00:00", 96),
        ("2021-03-28", "2021-03-27T23:00:00+00:00", 92),
        ("2021-10-31", "2021-10-30T22:00:00+00:00", 100),
    ],
)
def test_a_baseline_fills_its_day(day: str, start: str, count: int) -> None:
    (made,) = read_baseline({"pod": "P-001", "day": day, "power": "1,5"}, "Europe/Rome").series
    assert made.start_time.isoformat() == start
    assert made.values == [1.5] * count


@pytest.mark.parametrize("day", ["", "23.6.2021", "1999-12-31", "9999-12-31", "2021-02-30"])
def test_days_that_are_none_are_refused(day: str) -> None:
    with pytest.raises(FieldWrong):
        read_baseline({"pod": "P-001", "day": day, "power": "1"}, "Europe/Rome")
