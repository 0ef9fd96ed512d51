"""The checks in columns find what a rule finds that looks at one quarter-hour after the other.

The plain rules here are written anew from the documented problems, in plain loops.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.market.test_submission_rule import WHOLE_DAY

from platone.kernel.errors import PlatoneError
from platone.market.domain.claim import claimed_indices, claims_of, offered_spots
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.problem.order import PodAlreadyOffered
from platone.market.domain.product import check_prices, check_volumes
from platone.market.domain.submission import (
    check_entries,
    check_free,
    check_indices,
    check_offered,
)
from platone.messages.clearing import Direction, Product
from platone.messages.market import FlexibilityService, PowerKind
from platone.messages.registry import PointOfDelivery

Told = list[tuple[Any, ...]]
NAMES = ["PODA", "PODB", "PODC"]
NUMBERS = st.one_of(
    st.integers(-12, 12).map(float),
    st.integers(-1200, 1200).map(lambda number: number / 100),
    st.floats(-20, 20, allow_nan=False),
    st.sampled_from([0.0, 1e-9, 1.1e-9, 0.001, 0.0005, 1.0000005, 5.0000011, 4.9999989]),
)
PRICES = st.one_of(
    st.integers(-20, 600_000).map(lambda steps: steps / 1e6),
    st.sampled_from([0.0, 1e-7, 1e-6, 0.999e-6, 0.02, 0.5, 0.5000000001, -0.1]),
)
POINTS = st.fixed_dictionaries(
    {"index": st.integers(0, 99), "p": NUMBERS, "pPrice": PRICES},
    optional={"q": NUMBERS, "qPrice": PRICES},
)
ORDERS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "leastShare": st.sampled_from([0.5, 1.0]),
        "optionOf": st.sampled_from(["x", "y"]),
        "block": st.sampled_from(["b", "c"]),
        "rebound": st.fixed_dictionaries({"after": st.integers(1, 99), "share": st.just(1.0)}),
    },
)
ENTRIES = st.fixed_dictionaries(
    {
        "pod": st.one_of(
            st.sampled_from([["PODA"], ["PODA"], ["PODB"], ["PODC"]]),
            st.sampled_from([None, ["PODA", "PODB"], ["PODA", "PODA"], ["UNKNOWN"]]),
        ),
        "power": st.lists(POINTS, min_size=1, max_size=6),
        "order": ORDERS,
    }
)
MESSAGES = st.builds(
    lambda entries, kind: msgspec.convert(
        {
            "playerId": "AGG",
            "serviceType": kind,
            "playerServiceId": "s",
            "flexibility": entries,
        },
        FlexibilityService,
    ),
    st.lists(ENTRIES, min_size=1, max_size=4),
    st.sampled_from(["offer", "offer", "offer", "DSO_request"]),
)
PRODUCTS = st.builds(
    Product,
    direction=st.sampled_from(Direction),
    least_volume_w=st.sampled_from([0, 1, 1000, 5000]),
    volume_step_w=st.sampled_from([None, 1, 250, 1000]),
    price_tick=st.sampled_from([None, 1, 10_000]),
    least_price=st.sampled_from([None, 0.02]),
    highest_price=st.sampled_from([None, 0.5]),
)
CURVES = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.sampled_from([0.0, 1.0, 2.5, -3.0]), min_size=90, max_size=100)
        for name in NAMES
    },
)
LIMITS = st.none() | st.sampled_from([(3.0, 3.0), (0.0, 5.0), (1.0, 0.0)])
OWNERS = st.sampled_from(["AGG", "OTHER"])
PODS = st.fixed_dictionaries(
    {}, optional={name: st.tuples(LIMITS, st.booleans(), OWNERS) for name in NAMES}
)


def registered(told: dict[str, Any]) -> dict[str, PointOfDelivery]:
    return {
        name: msgspec.convert(
            {"podId": name, "aggregatorId": owner}
            | ({"flexibilityType": "discrete"} if is_discrete else {})
            | (
                {}
                if limits is None
                else {
                    "maxFlexibility": {
                        "upperP": limits[0],
                        "downP": limits[1],
                        "upperQ": 0.0,
                        "downQ": 0.0,
                    }
                }
            ),
            PointOfDelivery,
        )
        for name, (limits, is_discrete, owner) in told.items()
    }


def reasons(check: Callable[[], None]) -> Told:
    """The problems that a check tells, by kind and quarter-hour."""
    try:
        check()
    except PlatoneError as error:
        return [_key(each) for each in (error, *error.others)]
    return []


def _key(error: PlatoneError) -> tuple[Any, ...]:
    fields = error.fields
    return error.slug, fields.get("pod"), fields.get("index"), fields.get("price")


def plain_prices(service: FlexibilityService, product: Product) -> Iterator[tuple[Any, ...]]:
    tick = (product.price_tick or 1) / 1e6
    for entry in service.flexibility:
        for point in entry.power:
            price, ticks = point.p_price, point.p_price / tick
            off = product.price_tick is not None and abs(ticks - round(ticks)) > 1e-3
            if off or 0 < ticks < 1 - 1e-3:
                yield "price-off-tick", None, point.index, price
            above = product.highest_price is not None and price > product.highest_price
            if price < (product.least_price or 0) or above:
                yield "price-out-of-bounds", None, point.index, price


def plain_volumes(
    service: FlexibilityService, curves: dict[str, list[float]], product: Product
) -> Iterator[tuple[Any, ...]]:
    if service.service_type.value != "offer":
        return
    for entry in service.flexibility:
        for pod in entry.pod or []:
            for point in entry.power:
                if point.index < len(curves.get(pod, [])):
                    change = point.p - curves[pod][point.index]
                    for slug in _plain_change(change, product):
                        yield slug, pod, point.index, None


def _plain_change(change_kw: float, product: Product) -> Iterator[str]:
    watts = abs(change_kw) * 1000
    if abs(change_kw) <= 1e-9:
        yield "offers-nothing"
        return
    wrong = {"reduce": change_kw > 0, "raise": change_kw < 0, "both": False}
    if wrong[product.direction.value]:
        yield "direction-not-traded"
    if watts < product.least_volume_w - 1e-3:
        yield "volume-below-least"
    step = product.volume_step_w
    if step and abs(watts - step * round(watts / step)) > 1e-3:
        yield "volume-off-step"


def plain_offered(
    service: FlexibilityService,
    pods: dict[str, PointOfDelivery],
    curves: dict[str, list[float]],
) -> Iterator[tuple[Any, ...]]:
    named = [pod for entry in service.flexibility for pod in entry.pod or []]
    for pod in dict.fromkeys(named):
        if pod in pods and pods[pod].aggregator_id != "AGG":
            yield "service-not-allowed", pod, None, None
    for entry in service.flexibility:
        for pod in entry.pod or []:
            if pod not in pods:
                continue
            whole = entry.order is not None and entry.order.least_share == 1
            if pods[pod].flexibility_type == "discrete" and not whole:
                yield "not-divisible", pod, None, None
            limits, curve = pods[pod].max_flexibility, curves.get(pod, [])
            for point in entry.power:
                if limits is None or point.index >= len(curve):
                    continue
                least, most = (
                    curve[point.index] - limits.down_p,
                    curve[point.index] + limits.upper_p,
                )
                if point.p < least - 1e-6 or point.p > most + 1e-6:
                    yield "offer-outside-limits", pod, point.index, None


def plain_negative(service: FlexibilityService) -> Iterator[tuple[Any, ...]]:
    for entry in service.flexibility:
        for point in entry.power:
            for price in (point.p_price, point.q_price):
                if price is not None and price < 0:
                    yield "negative-price", None, point.index, price


def plain_repeated(service: FlexibilityService) -> Iterator[tuple[Any, ...]]:
    """Each place that takes a quarter-hour which another takes that is no option beside it."""
    seen: list[tuple[str, int, Any, Any]] = []
    for number, entry in enumerate(service.flexibility):
        terms = entry.order
        choice = None if terms is None else terms.option_of
        option = number if terms is None or terms.block is None else terms.block
        for point in entry.power:
            back = [] if terms is None or terms.rebound is None else [terms.rebound.after]
            indices = [point.index, *(point.index + after for after in back)]
            pods = list(dict.fromkeys(entry.pod or []))
            for index, pod in [(index, pod) for index in indices for pod in pods]:
                rivals = [
                    other
                    for other in seen
                    if other[:2] == (pod, index)
                    and (other[2:] == (choice, option) or choice is None or other[2] != choice)
                ]
                if rivals:
                    yield "duplicate-index", pod, index, None
                seen.append((pod, index, choice, option))


@given(MESSAGES, PRODUCTS)
@settings(max_examples=150, deadline=None)
def test_prices(service: FlexibilityService, product: Product) -> None:
    told = reasons(lambda: check_prices(OrderColumns(service), product))
    assert told == list(plain_prices(service, product))


@given(MESSAGES, CURVES, PRODUCTS)
@settings(max_examples=200, deadline=None)
def test_volumes(
    service: FlexibilityService, curves: dict[str, list[float]], product: Product
) -> None:
    told = reasons(lambda: check_volumes(OrderColumns(service), curves, product))
    assert told == list(plain_volumes(service, curves, product))


@given(MESSAGES, PODS, CURVES)
@settings(max_examples=200, deadline=None)
def test_limits_owners_and_divisibility(
    service: FlexibilityService, pods: dict[str, Any], curves: dict[str, list[float]]
) -> None:
    known = registered(pods)
    told = reasons(lambda: check_offered(OrderColumns(service), known, curves))
    assert told == list(plain_offered(service, known, curves))


@given(MESSAGES)
@settings(max_examples=200, deadline=None)
def test_negative_prices_and_what_is_offered_twice(service: FlexibilityService) -> None:
    told = reasons(lambda: check_entries(OrderColumns(service)))
    negative = [each for each in told if each[0] == "negative-price"]
    assert negative == list(plain_negative(service))
    if service.service_type.value == "offer":
        twice = [each for each in told if each[0] == "duplicate-index"]
        assert twice == list(plain_repeated(service))


@given(MESSAGES)
@settings(max_examples=100, deadline=None)
def test_indices(service: FlexibilityService) -> None:
    told = reasons(lambda: check_indices(OrderColumns(service), WHOLE_DAY))
    wrong = [point.index for entry in service.flexibility for point in entry.power]
    assert [each[2] for each in told] == [index for index in wrong if index > 95]


def of_kinds(service: FlexibilityService, kinds: list[bool]) -> FlexibilityService:
    """Return a message of which some entries are of reactive power."""
    entries = [
        msgspec.structs.replace(entry, power_kind=PowerKind.REACTIVE if is_reactive else None)
        for entry, is_reactive in zip(service.flexibility, kinds, strict=False)
    ]
    return msgspec.structs.replace(service, flexibility=entries)


MIXED = st.builds(of_kinds, MESSAGES, st.lists(st.booleans(), min_size=4, max_size=4))


@given(st.lists(MIXED, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_several_messages_as_one_have_their_quarter_hours_in_order(
    services: list[FlexibilityService],
) -> None:
    whole = OrderColumns.joined([OrderColumns(each) for each in services])
    entries = [entry for each in services for entry in each.flexibility]
    assert whole.service == msgspec.structs.replace(services[0], flexibility=entries)
    points = [point for entry in entries for point in entry.power]
    assert whole.index.tolist() == list(whole.indices) == [each.index for each in points]
    assert whole.p_kw.tolist() == [each.p for each in points]
    assert whole.price.tolist() == [each.p_price for each in points]
    assert whole.has_q_price.tolist() == [each.q_price is not None for each in points]
    assert whole.is_simple == all(
        entry.power_kind is None
        and entry.order is None
        and len(entry.pod or []) == 1
        and entry.pom is None
        for entry in entries
    )


def plain_spots(service: FlexibilityService) -> list[tuple[str, int, bool]]:
    """Each PoD, quarter-hour and kind of power that a message takes, each once, in its order."""
    found = []
    for entry in service.flexibility:
        back = entry.order and entry.order.rebound
        for pod in entry.pod or []:
            for point in entry.power:
                for later in [0, back.after] if back else [0]:
                    kind = entry.power_kind is PowerKind.REACTIVE
                    found.append((pod, point.index + later, kind))
    return list(dict.fromkeys(found))


@given(MIXED, MIXED)
@settings(max_examples=150, deadline=None)
def test_what_one_offer_takes_no_other_gets(
    first: FlexibilityService, second: FlexibilityService
) -> None:
    """A claim has the bits of exactly the spots; who comes later is refused what is in both."""
    claims = claims_of(OrderColumns(first))
    spots = set(offered_spots(first))
    assert len(spots) == len(plain_spots(first))
    assert {(pod, index) for pod in claims for index in claimed_indices(claims[pod])} == spots

    told = reasons(lambda: check_free(OrderColumns(second), claims))
    taken = set(plain_spots(first))
    assert [each[1:3] for each in told] == [
        spot[:2] for spot in plain_spots(second) if spot in taken
    ]
    assert {each[0] for each in told} <= {PodAlreadyOffered.slug}


@pytest.mark.parametrize(
    ("entry", "is_plain", "is_simple"),
    [
        ({"pod": ["PODA"]}, True, True),
        ({"pod": ["PODA"], "order": {"leastShare": 0.5}}, True, False),
        ({"pod": ["PODA"], "powerKind": "Q"}, True, False),
        ({"pod": ["PODA", "PODB"]}, False, False),
        ({"pod": ["PODA", "PODB"], "order": {"leastShare": 0.5}}, False, False),
        ({"pom": "POM"}, False, False),
    ],
)
def test_messages_are_plain_by_one_pod_an_entry_and_simple_without_more(
    entry: dict[str, Any], *, is_plain: bool, is_simple: bool
) -> None:
    power = [{"index": 7, "p": 3.0, "pPrice": 0.1}]
    told = {"playerId": "AGG", "serviceType": "offer", "playerServiceId": "s"}
    one = msgspec.convert(told | {"flexibility": [entry | {"power": power}]}, FlexibilityService)
    order = OrderColumns(one)
    assert (order.is_plain, order.is_simple) == (is_plain, is_simple)
