"""An offer that is typed by hand is the message that REST takes, also when clocks change."""

from datetime import UTC, datetime

import msgspec
import pytest

from platone.dashboard.domain.offer_form import read_service, typed_again
from platone.dashboard.domain.problem import FieldWrong
from platone.messages.base import MarketType
from platone.messages.market import FlexibilityService, MarketSession, PowerKind

TYPED = {
    "kind": "offer",
    "id": " mine-1 ",
    "pods": "IT001E00000071",
    "from": "12:30",
    "to": "13:00",
    "p": "90,5",
    "price": "0.05",
}


def session(start: datetime, hours: int = 24) -> MarketSession:
    return MarketSession(
        id="s",
        market_type=MarketType.DAY_AHEAD,
        start_time=start,
        duration=hours,
        interval=15,
        status="active",
        gate_opens=start,
        gate_closes=start,
    )


SUMMER = session(datetime(2021, 6, 22, 22, tzinfo=UTC))
SHORT = session(datetime(2021, 3, 27, 23, tzinfo=UTC), 23)
LONG = session(datetime(2021, 10, 30, 22, tzinfo=UTC), 25)


def read(at: MarketSession, **changed: str) -> FlexibilityService:
    return read_service(TYPED | changed, at, "ACEAE", "Europe/Rome")


def indices(service: FlexibilityService) -> list[int]:
    return [point.index for point in service.flexibility[0].power]


def test_an_offer_is_read_as_it_is_typed() -> None:
    made = read(SUMMER)
    assert (made.player_id, made.player_service_id) == ("ACEAE", "mine-1")
    assert made.flexibility[0].pod == ["IT001E00000071"]
    assert [(each.p, each.p_price) for each in made.flexibility[0].power] == [(90.5, 0.05)] * 2
    assert indices(made) == [50, 51]  # 12:30 is the quarter-hour 50 (D3.6)
    assert made.revision == 1
    assert read(SUMMER, revision="3").revision == 3


def test_requests_name_a_group_or_a_point_of_measurement() -> None:
    asked = read(SUMMER, kind="DSO_request", pods="A-001, A-002")
    assert asked.flexibility[0].pod == ["A-001", "A-002"]
    asked = read(SUMMER, kind="TSO_request", pods="CP-1")
    assert (asked.flexibility[0].pom, asked.flexibility[0].pod) == ("CP-1", None)


@pytest.mark.parametrize(
    ("day", "span", "expected"),
    [
        (SUMMER, ("00:00", "24:00"), list(range(96))),
        (SHORT, ("00:00", "24:00"), list(range(92))),
        (LONG, ("00:00", "24:00"), list(range(100))),
        (SHORT, ("01:45", "03:15"), [7, 8]),  # 2 o'clock is left out
        (LONG, ("02:00", "03:00"), list(range(8, 16))),  # 2 o'clock comes twice
        (LONG, ("03:00", "03:15"), [16]),
    ],
)
def test_times_are_of_the_wall_clock(
    day: MarketSession, span: tuple[str, str], expected: list[int]
) -> None:
    assert indices(read(day, **{"from": span[0], "to": span[1]})) == expected


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(FieldWrong) as told:
        read(SUMMER, **{"from": "noon", "p": "much", "price": "", "pods": "", "kind": "x"})
    fields = [each.fields["field"] for each in (told.value, *told.value.others)]
    assert fields == ["from", "p", "price", "kind", "pods"]


@pytest.mark.parametrize("span", [("13:00", "12:30"), ("12:30", "12:30"), ("25:00", "26:00")])
def test_a_span_without_a_quarter_hour_is_refused(span: tuple[str, str]) -> None:
    with pytest.raises(FieldWrong):
        read(SUMMER, **{"from": span[0], "to": span[1]})


def again(service: FlexibilityService) -> dict[str, str] | None:
    return typed_again(service, "Europe/Rome")


@pytest.mark.parametrize("at", [SUMMER, SHORT, LONG], ids=["summer", "short", "long"])
@pytest.mark.parametrize(("begins", "ends"), [("12:30", "13:00"), ("00:00", "24:00")])
def test_what_is_typed_again_is_the_same_offer_with_the_next_revision(
    at: MarketSession, begins: str, ends: str
) -> None:
    made = read(at, **{"from": begins, "to": ends})
    typed = again(made)
    assert typed is not None
    assert (typed["from"], typed["to"], typed["revision"]) == (begins, ends, "2")
    amended = read_service(typed | {"kind": "offer"}, at, "ACEAE", "Europe/Rome")
    assert amended == msgspec.structs.replace(made, revision=2)


def test_an_offer_that_says_more_than_a_form_takes_is_not_typed_again() -> None:
    plain = read(SUMMER)
    (entry,) = plain.flexibility
    dearer = [entry.power[0], msgspec.structs.replace(entry.power[1], p_price=0.06)]
    gap = [entry.power[0], msgspec.structs.replace(entry.power[1], index=52)]
    for changed in (
        [entry, entry],
        [msgspec.structs.replace(entry, power=dearer)],
        [msgspec.structs.replace(entry, power=gap)],
        [msgspec.structs.replace(entry, power_kind=PowerKind.REACTIVE)],
    ):
        assert again(msgspec.structs.replace(plain, flexibility=changed)) is None
    assert again(msgspec.structs.replace(plain, start_time=None)) is None


def test_the_second_of_two_equal_hours_is_not_typed_again() -> None:
    """On 31 October 2021 clocks in Rome show 02:00 to 03:00 twice: the form means both."""
    both = read(LONG, **{"from": "02:00", "to": "03:00"})
    assert indices(both) == list(range(8, 16))
    (entry,) = both.flexibility
    second = msgspec.structs.replace(entry, power=entry.power[4:])
    assert again(msgspec.structs.replace(both, flexibility=[second])) is None
    assert again(both) is not None


def test_a_whole_portfolio_is_offered_also_where_it_is_large() -> None:
    many = [f"IT{number:06}" for number in range(101)]
    form = TYPED | {"whole": "yes"}
    made = read_service(form, SUMMER, "ACEAE", "Europe/Rome", many)
    assert made.flexibility[0].pod == many
    marks = {f"pod.f{place}": name for place, name in enumerate(many)}
    for wrong in (TYPED | marks, TYPED | {"whole": "yes"}):  # too many marks; an empty portfolio
        with pytest.raises(FieldWrong):
            read_service(wrong, SUMMER, "ACEAE", "Europe/Rome")
