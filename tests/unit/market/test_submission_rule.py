"""What a request or an offer must be like, to the last milliwatt."""

from datetime import date
from typing import Any

import msgspec
import pytest

from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import session_windows
from platone.market.domain.claim import offered_spots
from platone.market.domain.order_columns import OrderColumns, named_pods
from platone.market.domain.problem.order import (
    BaselineMissing,
    DuplicateIndex,
    DuplicatePod,
    IndexOutsideSession,
    NotDivisible,
    OfferNeedsOnePod,
    OfferOutsideLimits,
    PodAlreadyOffered,
    PodsOrPom,
    ServiceNotAllowed,
    UnknownPod,
    WrongDuration,
)
from platone.market.domain.problem.price import NegativePrice
from platone.market.domain.problem.session import MarketTypeMissing
from platone.market.domain.submission import (
    check_baselines,
    check_entries,
    check_free,
    check_known,
    check_offered,
    check_parted,
    check_unclaimed,
    check_window,
    market_of,
    named_poms,
)
from platone.messages.base import MarketType
from platone.messages.market import FlexibilityService
from platone.messages.registry import PointOfDelivery

DAY = MarketDay(date(2021, 6, 23))
(WHOLE_DAY,) = session_windows(MarketType.DAY_AHEAD, DAY)
BASELINE_KW = [float(kw) for kw in range(96)]
"""Another value in each quarter-hour: a check that takes the wrong one is seen."""


def entry(pod: list[str] | None, *powers: tuple[int, float, float], pom: str | None = None) -> Any:
    power = [{"index": index, "p": kw, "pPrice": price} for index, kw, price in powers]
    return {"pod": pod, "pom": pom, "power": power}


def service(kind: str, *entries: Any, **fields: Any) -> FlexibilityService:
    whole = {
        "playerServiceId": "s",
        "playerId": "AGG",
        "serviceType": kind,
        "marketType": "dayAhead",
        "startTime": "2021-06-22T22:00:00Z",
        "duration": 24,
        "interval": 15,
        "flexibility": list(entries),
    }
    return msgspec.convert(whole | fields, FlexibilityService)


def offer(*powers: tuple[int, float, float]) -> FlexibilityService:
    return service("offer", entry(["POD-P"], *powers))


def pod(**fields: Any) -> PointOfDelivery:
    whole = {
        "podId": "POD-P",
        "customerId": "C",
        "aggregatorId": "AGG",
        "maxFlexibility": {"upperP": 7.0, "downP": 3.0, "upperQ": 0.0, "downQ": 0.0},
    }
    return msgspec.convert(whole | fields, PointOfDelivery)


def check(powers: FlexibilityService, **fields: Any) -> None:
    check_offered(OrderColumns(powers), {"POD-P": pod(**fields)}, {"POD-P": BASELINE_KW})


@pytest.mark.parametrize("kw", [57.0, 47.0, 50.0, 57.0 + 1e-6, 47.0 - 1e-6])
def test_an_offer_may_go_to_its_limits(kw: float) -> None:
    """7 kW above and 3 kW below 50 kW, and a milliwatt for rounding."""
    check(offer((50, kw, 0.1)))


@pytest.mark.parametrize("kw", [57.0 + 1.1e-6, 47.0 - 1.1e-6, 43.0, 60.0])
def test_an_offer_beyond_its_limits_is_refused(kw: float) -> None:
    with pytest.raises(OfferOutsideLimits) as refused:
        check(offer((10, 10.0, 0.1), (50, kw, 0.1)))
    fields = refused.value.fields
    assert (fields["index"], fields["leastKw"], fields["mostKw"]) == (50, 47.0, 57.0)


def test_without_limits_none_are_checked() -> None:
    check(offer((50, 1e6, 0.1)), maxFlexibility=None)


def test_only_ones_own_divisible_pods_are_offered() -> None:
    with pytest.raises(NotDivisible):
        check(offer((50, 50.0, 0.1)), flexibilityType="discrete")
    with pytest.raises(ServiceNotAllowed):
        check(offer((50, 50.0, 0.1)), aggregatorId="OTHER")
    group = service("offer", entry(["POD-X", "POD-P"], (50, 50.0, 0.1)))
    with pytest.raises(NotDivisible) as refused:  # also beside one that is not registered
        check(group, flexibilityType="discrete")
    assert refused.value.fields == {"pod": "POD-P", "leastShare": None}


def test_a_free_offer_is_one_and_a_negative_price_is_none() -> None:
    check_entries(OrderColumns(offer((0, 1.0, 0.0))))
    assert market_of(offer((0, 1.0, 0.0))) is MarketType.DAY_AHEAD
    with pytest.raises(NegativePrice) as refused:
        check_entries(OrderColumns(offer((4, 1.0, 0.1), (5, 1.0, -1e-9))))
    assert refused.value.fields == {"index": 5, "price": -1e-9, "leastPrice": 0}


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (service("offer", entry(["POD-P", "POD-R"], (1, 1, 0))), OfferNeedsOnePod),
        (service("offer", entry(None, (1, 1, 0), pom="M")), OfferNeedsOnePod),
        (service("offer", entry(["POD-P"], (1, 1, 0), pom="M")), OfferNeedsOnePod),
        (service("DSO_request", entry(["POD-P"], (1, 1, 0), pom="M")), PodsOrPom),
        (service("DSO_request", entry(None, (1, 1, 0))), PodsOrPom),
        (service("DSO_request", entry(["POD-P", "POD-R", "POD-P"], (1, 1, 0))), DuplicatePod),
        (service("DSO_request", entry(["POD-P"], (1, 1, 0), (1, 2, 0))), DuplicateIndex),
        (
            service("offer", entry(["POD-P"], (1, 1, 0)), entry(["POD-P"], (1, 2, 0))),
            DuplicateIndex,
        ),
        (service("offer", entry(["POD-P"], (1, 1, 0)), marketType=None), MarketTypeMissing),
    ],
)
def test_what_is_not_as_documented_is_refused(
    wrong: FlexibilityService, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        check_parted(wrong)
        check_entries(OrderColumns(wrong))
        market_of(wrong)


def test_what_is_as_documented_is_taken() -> None:
    """Two groups may ask for one quarter-hour; two offers' entries may be for two PoDs."""
    check_entries(
        OrderColumns(
            service(
                "DSO_request",
                entry(["POD-P", "POD-R"], (1, 1, 0), (2, 1, 0)),
                entry(["POD-P"], (1, 1, 0)),
                entry(None, (1, 1, 0), pom="M"),
            )
        )
    )
    check_entries(
        OrderColumns(
            service("offer", entry(["POD-P"], (1, 1, 0), (2, 1, 0)), entry(["POD-R"], (1, 1, 0)))
        )
    )


def test_names_stand_once_in_their_order() -> None:
    both = service(
        "DSO_request",
        entry(["POD-R", "POD-P"], (1, 1, 0)),
        entry(None, (1, 1, 0), pom="M"),
        entry(["POD-P", "POD-A"], (2, 1, 0)),
        entry(None, (2, 1, 0), pom="M"),
    )
    assert named_pods(both) == ["POD-R", "POD-P", "POD-A"]
    assert named_poms(both) == ["M"]
    assert list(offered_spots(offer((3, 1, 0), (2, 1, 0)))) == [("POD-P", 3), ("POD-P", 2)]


@pytest.mark.parametrize("index", [0, 95])
def test_the_first_and_the_last_quarter_hour_are_delivered(index: int) -> None:
    check_window(OrderColumns(offer((index, 1.0, 0.1))), WHOLE_DAY)


@pytest.mark.parametrize("index", [96, 99])
def test_no_other_quarter_hour_is(index: int) -> None:
    with pytest.raises(IndexOutsideSession) as refused:
        check_window(OrderColumns(offer((0, 1.0, 0.1), (index, 1.0, 0.1))), WHOLE_DAY)
    assert refused.value.fields == {"index": index, "firstIndex": 0, "lastIndex": 95}


def test_a_message_says_the_sessions_length_or_none() -> None:
    check_window(
        OrderColumns(service("offer", entry(["POD-P"], (1, 1, 0)), duration=None)), WHOLE_DAY
    )
    for hours in (23, 25):
        with pytest.raises(WrongDuration) as refused:
            check_window(
                OrderColumns(service("offer", entry(["POD-P"], (1, 1, 0)), duration=hours)),
                WHOLE_DAY,
            )
        assert refused.value.fields == {"hours": hours, "expectedHours": 24}


def test_nothing_is_offered_twice() -> None:
    check_unclaimed([("POD-P", 1)], {("POD-P", 2), ("POD-R", 1)})
    with pytest.raises(PodAlreadyOffered) as refused:
        check_unclaimed([("POD-P", 1), ("POD-P", 2)], {("POD-P", 2), ("POD-R", 1)})
    assert refused.value.fields == {"pod": "POD-P", "index": 2}


def test_who_offers_nothing_elsewhere_is_free_at_every_quarter_hour() -> None:
    """Also at the first one: what is taken of one PoD says nothing of another."""
    check_free(OrderColumns(offer((0, 1.0, 0.1))), {"POD-R": 1})
    check_free(OrderColumns(offer((0, 1.0, 0.1))), {"POD-P": 0, "POD-R": 1})
    both = service("offer", entry(["POD-P"], (0, 1, 0.1)), entry(["POD-R"], (3, 1, 0.1), (4, 1, 0)))
    for taken in ({"POD-P": 0, "POD-R": 1 << 3}, {"POD-R": 1 << 3}):
        with pytest.raises(PodAlreadyOffered) as refused:
            check_free(OrderColumns(both), taken)
        assert refused.value.fields == {"pod": "POD-R", "index": 3}
        assert not refused.value.others


def test_an_unknown_pod_is_named() -> None:
    check_known(["POD-P", "POD-R"], {"POD-P", "POD-R", "POD-S"})
    with pytest.raises(UnknownPod) as refused:
        check_known(["POD-P", "POD-X", "POD-Y"], {"POD-P"})
    assert refused.value.fields == {"pod": "POD-X"}


@pytest.mark.parametrize("values", [0, 92, 95, 97, 100])
def test_a_baseline_has_a_value_for_each_quarter_hour(values: int) -> None:
    check_baselines(["POD-P"], {"POD-P": BASELINE_KW}, WHOLE_DAY)
    with pytest.raises(BaselineMissing) as refused:
        check_baselines(
            ["POD-P", "POD-R"], {"POD-P": BASELINE_KW, "POD-R": [1.0] * values}, WHOLE_DAY
        )
    assert refused.value.fields == {"pods": ["POD-R"], "day": "2021-06-23"}


@pytest.mark.parametrize(("count", "others"), [(1, False), (5, False), (6, True), (101, True)])
def test_many_missing_baselines_are_told_in_short(count: int, others: bool) -> None:  # noqa: FBT001
    names = [f"POD-{number}" for number in range(count)]
    with pytest.raises(BaselineMissing) as refused:
        check_baselines(names, {}, WHOLE_DAY)
    detail = str(refused.value)
    assert [name for name in names[:5] if name not in detail] == []
    assert ("POD-5" in detail) is False
    assert ("and others" in detail) is others
    assert refused.value.fields["pods"] == names[:100]


@pytest.mark.parametrize(
    ("pods", "words"),
    [
        (["POD-A", "POD-B", "POD-C", "POD-A"], "POD-A is named twice"),
        (["POD-A", "POD-A"], "POD-A is named twice"),
    ],
)
def test_who_is_named_twice_is_told(pods: list[str], words: str) -> None:
    with pytest.raises(DuplicatePod, match=words):
        check_entries(OrderColumns(service("DSO_request", entry(pods, (1, 1, 0)))))


@pytest.mark.parametrize(
    ("pods", "pom", "words"),
    [
        (["POD-A", "POD-B", "POD-C"], None, "names POD-A, POD-B, POD-C, not"),
        (["POD-A", "POD-B", "POD-C", "POD-D"], None, "names POD-A, POD-B, POD-C and others, not"),
        (None, None, "names neither PoDs nor a PoM, not"),
        (None, "M", "names PoM M, not"),
        (["POD-A"], "M", "names PoM M and POD-A, not"),
    ],
)
def test_a_wrong_entry_is_told_by_what_it_names(
    pods: list[str] | None, pom: str | None, words: str
) -> None:
    with pytest.raises(OfferNeedsOnePod, match=words):
        check_parted(service("offer", entry(pods, (1, 1, 0), pom=pom)))
