"""Small rules of the pages at their edges: languages, paths, notices, steps of a check, a form."""

from datetime import UTC, date, datetime, timedelta

import pytest

from platone.dashboard.domain.day_picture import on_day
from platone.dashboard.domain.household import agreed_notices
from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.offer_form import read_service
from platone.dashboard.domain.own_path import own_path
from platone.dashboard.domain.pod_day import curves_of, energy_kwh
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.proof_check import CheckStep
from platone.dashboard.domain.reason import cuts_in_words, wait_in_words
from platone.infra.page.language import preferred
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.market import FlexibilityService, MarketSession
from platone.messages.outcome import Cut
from platone.messages.registry import Measurement

DAY = MarketDay(date(2021, 6, 23))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de,it", "de"),  # without a weight each counts one: the first is preferred
        ("it;q=0.9,de", "de"),
        ("de;q=0.5,it;q=1", "it"),
        ("de;q=x,it;q=0.1", "it"),  # what is no weight is not wanted
        ("de;q=0.0", "en"),
        ("de;q=-1", "en"),
        ("el;q=0.001", "el"),  # the least weight that there is
    ],
)
def test_a_language_is_weighed_as_browsers_do(header: str, language: str) -> None:
    assert preferred(header) == language


def test_the_longest_path_is_still_led_to() -> None:
    longest = "/" + "a" * 1999
    assert own_path(longest) == longest
    assert own_path(longest + "a") == "/"


def test_a_power_of_zero_is_drawn_not_fed_in() -> None:
    told = agreed_notices(
        DAY, on_day(DAY, {DAY.start: 0.0}), on_day(DAY, {}), Reader("en", DAY.zone)
    )
    assert [each.partition(": ")[2] for each in told] == [
        "your flexibility was sold. Your home is to draw 0 kW on average."
    ]


def test_energy_of_the_least_powers_counts() -> None:
    assert energy_kwh([0.4, 0.4, -0.8, 0.0]) == pytest.approx((0.2, 0.2))


def test_anothers_reading_hides_none_of_ones_own() -> None:
    readings = [
        Measurement(
            pod_id=pod,
            start_time=DAY.start + timedelta(minutes=15 * place),
            duration_minutes=15,
            energy_wh=1000,
            quality="measured",
            device="0x" + "0" * 40,
            sequence=1,
            certification_id="c",
            certification_hash="0" * 64,
            received_at=DAY.start,
        )
        for place, pod in enumerate(("MINE", "OTHER", "MINE"))
    ]
    assert list(curves_of(DAY, "MINE", [], readings, []).measured_kw)[:4] == [4.0, None, 4.0, None]


def test_a_step_of_a_check_has_one_of_four_ends() -> None:
    ends = [CheckStep("seal", passed, "").outcome for passed in (True, False, None)]
    assert ends == ["holds", "fails", "yours"]
    assert CheckStep("device", None, "", applies=False).outcome == "not_applied"


def test_what_a_session_waits_for_is_told_in_words() -> None:
    assert wait_in_words("SomebodyNew") == "SomebodyNew"


def test_limits_are_told_with_four_digits() -> None:
    cut = Cut(element="line 4", kind="current", value=412.345, limit=400.0, unit="A")
    assert cuts_in_words([cut, cut]) == (
        "line 4: current would be 412.3 of 400 A; line 4: current would be 412.3 of 400 A"
    )


def offered(pods: list[str], **typed: str) -> FlexibilityService:
    form = {"id": "a", "pods": ",".join(pods), "from": "12:30", "to": "12:45", "p": "9"}
    start = datetime(2021, 6, 22, 22, tzinfo=UTC)
    session = MarketSession(
        id="s",
        market_type=MarketType.DAY_AHEAD,
        start_time=start,
        duration=24,
        interval=15,
        status="active",
        gate_opens=start,
        gate_closes=start,
    )
    return read_service(form | {"price": "0.05"} | typed, session, "ACEAE", "Europe/Rome")


def test_a_form_takes_one_to_a_hundred_points_of_delivery() -> None:
    names = [f"A-{number:03}" for number in range(101)]
    assert offered(names[:100], kind="DSO_request").flexibility[0].pod == names[:100]
    assert offered(names[:1]).revision == 1
    for wrong in ([], names):
        with pytest.raises(FieldWrong) as refused:
            offered(wrong, kind="DSO_request")
        assert refused.value.fields["field"] == "pods"
