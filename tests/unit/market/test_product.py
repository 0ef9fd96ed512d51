"""Offers and prices that the market's product does not take are refused by name."""

import msgspec
import pytest
from tests.unit.market.market_case import ask, offer, session

from platone.kernel.errors import PlatoneError
from platone.market.domain.clearing import clear
from platone.market.domain.recording_check import check_recording
from platone.market.domain.replay import clear_file
from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules, Direction, Product
from platone.messages.market import RecordedService

PODS = ["POD0", "POD1"]
STRICT = Product(
    direction=Direction.REDUCE,
    least_volume_w=10_000,
    volume_step_w=5_000,
    price_tick=10_000,
    least_price=0.02,
    highest_price=0.5,
)


def refusal(product: Product | None, *services: RecordedService) -> str | None:
    rules = None if product is None else ClearingRules(product=product)
    try:
        clear_file(msgspec.json.encode(session(*services, rules=rules)))
    except PlatoneError as error:
        return error.slug
    return None


@pytest.mark.parametrize(
    ("product", "change_kw", "price", "slug"),
    [
        (None, -50, 0.1, None),
        (None, -50, 0.0, None),
        (None, -50, 0.123_456_789, None),
        (None, -0.1, 0.1, None),
        (None, 0, 0.1, "offers-nothing"),
        (None, -0.000_001, 0.1, "volume-below-least"),
        (None, 0.099, 0.1, "volume-below-least"),
        (None, -50, 0.000_000_1, "price-off-tick"),
        (None, -50, -0.01, "negative-price"),
        (STRICT, -50, 0.1, None),
        (STRICT, -10, 0.02, None),
        (STRICT, -15, 0.5, None),
        (STRICT, 50, 0.1, "direction-not-traded"),
        (STRICT, -9, 0.1, "volume-below-least"),
        (STRICT, -12, 0.1, "volume-off-step"),
        (STRICT, -10, 0.105, "price-off-tick"),
        (STRICT, -10, 0.005, "price-off-tick"),
        (STRICT, -10, 0.01, "price-out-of-bounds"),
        (STRICT, -10, 0.51, "price-out-of-bounds"),
    ],
)
def test_an_offer_is_taken_or_refused_by_name(
    product: Product | None, change_kw: float, price: float, slug: str | None
) -> None:
    assert refusal(product, offer("POD0", change_kw, price)) == slug


@pytest.mark.parametrize(
    ("limit", "slug"),
    [(0.1, None), (0.105, "price-off-tick"), (0.6, "price-out-of-bounds")],
)
def test_a_requests_limit_is_a_price_of_the_product(limit: float, slug: str | None) -> None:
    assert refusal(STRICT, offer("POD0", -50, 0.1), ask("a", PODS, -3, limit)) == slug


def test_totals_that_are_rounded_stand_on_their_step() -> None:
    """0.3 is no binary fraction: 100.3 - 100 is 0.2999…97."""
    product = Product(volume_step_w=100, price_tick=1_000)
    assert refusal(product, offer("POD0", 0.3, 0.007)) is None


def test_the_refusal_tells_the_bound() -> None:
    recorded = session(offer("POD0", -0.05, 0.1))
    with pytest.raises(PlatoneError) as refused:
        check_recording(recorded)
    assert refused.value.fields["leastVolumeW"] == 100
    assert refused.value.fields["changeKw"] == pytest.approx(-0.05)


def test_what_is_left_of_a_day_ahead_offer_may_be_less_than_the_least() -> None:
    """It was large enough when it was offered; below a watt it is not sold."""
    (rest,) = session(offer("POD0", -0.05, 0.1)).flexibility_services
    rest = msgspec.structs.replace(rest, market_type=MarketType.DAY_AHEAD)
    base = session(offer("POD0", -50, 0.1), ask("a", PODS, -0.05, 1.0))
    recorded = msgspec.structs.replace(
        base,
        session=msgspec.structs.replace(base.session, market_type=MarketType.REAL_TIME, duration=4),
        flexibility_services=[rest, base.flexibility_services[1]],
    )
    check_recording(recorded)
    outcome = clear(recorded)
    assert outcome.flexibility[0].power[0].accepted_p_change == pytest.approx(-0.05)
