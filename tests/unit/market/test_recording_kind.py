"""Recordings of reactive power and with limits of the grid are checked as REST checks them."""

from typing import Any

import msgspec
import pytest
from tests.unit.market.market_case import ask, grid_limit, offer, session

from platone.kernel.errors import PlatoneError
from platone.market.domain.recording_check import check_recording
from platone.messages.clearing import ClearingRules, Method, Product
from platone.messages.market import PowerKind, PowerPoint, RecordedService, RecordedSession


def reactive(service: RecordedService, q_kvar: float, price: float = 0.1) -> RecordedService:
    (entry,) = service.flexibility
    point = PowerPoint(index=0, p=0.0, p_price=0.0, q=q_kvar, q_price=price)
    entry = msgspec.structs.replace(entry, power=[point], power_kind=PowerKind.REACTIVE)
    return msgspec.structs.replace(service, flexibility=[entry])


def recorded(
    q_kvar: float, product: Product | None, baseline: list[float] | None, price: float = 0.1
) -> RecordedSession:
    """An offer of reactive power of a point of delivery, and a request for it."""
    services = [
        reactive(ask("a", ["POD0"], -5, 1.0), 5.0),
        reactive(offer("POD0", -5, 0.1), q_kvar, price),
    ]
    made = session(*services, rules=ClearingRules(reactive=product))
    pods = [msgspec.structs.replace(pod, reactive_baseline=baseline) for pod in made.pods]
    return msgspec.structs.replace(made, pods=pods)


def slug(recording: RecordedSession) -> str | None:
    try:
        check_recording(recording)
    except PlatoneError as refused:
        return refused.slug
    return None


TEN = [10.0] * 96


@pytest.mark.parametrize(
    ("q_kvar", "product", "baseline", "price", "refused"),
    [
        (7.0, Product(), TEN, 0.1, None),
        (10.0, Product(), TEN, 0.1, "offers-nothing"),
        (9.95, Product(), TEN, 0.1, "volume-below-least"),
        (7.0, Product(least_volume_w=5_000), TEN, 0.1, "volume-below-least"),
        (7.0, Product(price_tick=20_000), TEN, 0.05, "price-off-tick"),
        (7.0, Product(highest_price=1.0), TEN, 1.5, "price-out-of-bounds"),
        (7.0, Product(), TEN[:95], 0.1, "baseline-missing"),
        (7.0, Product(), None, 0.1, "baseline-missing"),
        (7.0, None, TEN, 0.1, "reactive-not-traded"),
    ],
)
def test_reactive_power_has_its_own_product_and_baseline(
    q_kvar: float, product: Product | None, baseline: Any, price: float, refused: str | None
) -> None:
    assert slug(recorded(q_kvar, product, baseline, price)) == refused


@pytest.mark.parametrize(
    ("rules", "pod", "index", "refused"),
    [
        (ClearingRules(method=Method.LEAST_COST), "POD0", 0, None),
        (ClearingRules(), "POD0", 0, "grid-limits-not-used"),
        (None, "POD0", 0, "grid-limits-not-used"),
        (ClearingRules(method=Method.LEAST_COST), "STRANGER", 0, "unknown-pod"),
        (ClearingRules(method=Method.LEAST_COST), "POD0", 96, "index-outside-session"),
    ],
)
def test_limits_of_the_grid_are_those_of_the_session(
    rules: ClearingRules | None, pod: str, index: int, refused: str | None
) -> None:
    limit = msgspec.structs.replace(grid_limit("line", {"POD0": 0.5, pod: 0.5}), index=index)
    if pod == "POD0":
        limit = msgspec.structs.replace(limit, effects=limit.effects[:1])
    made = session(offer("POD0", -5, 0.1), rules=rules)
    assert slug(msgspec.structs.replace(made, grid_limits=(limit,))) == refused
    assert slug(made) is None


def test_a_recording_of_another_length_is_refused() -> None:
    made = session(offer("POD0", -5, 0.1))
    terms = msgspec.structs.replace(made.session, duration=23)
    with pytest.raises(PlatoneError) as refused:
        check_recording(msgspec.structs.replace(made, session=terms))
    assert refused.value.fields == {"expectedHours": 24}
    assert "24 hours (96 quarter-hours), not 23" in refused.value.detail
