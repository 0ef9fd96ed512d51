"""The columns' checks of prices and volumes against the same rules in decimals."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product as all_of

import msgspec
import pytest
from tests.unit.market.market_case import BASELINE_KW, offer

from platone.kernel.errors import PlatoneError
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.product import check_change, check_prices, check_volumes
from platone.messages.clearing import Direction, Product
from platone.messages.market import Flexibility, PowerPoint, RecordedService, ServiceType

PRICES = ["0", "0.0000005", "0.000001", "0.0000015", "0.000002", "0.01", "0.015", "0.02", "0.03"]
CHANGES = ["0", "-0.05", "0.05", "-0.1", "0.1", "-0.5", "0.5", "-0.7", "0.75", "-2.5", "3", "-3"]


def slugs_of(error: PlatoneError) -> list[str]:
    return [each.slug for each in (error, *error.others)]


def prices_against(price: Decimal, product: Product) -> list[str]:
    """What stands against a price: nothing is no price but a gift, which has no tick."""
    found = []
    tick = Decimal(product.price_tick or 1) / 10**6
    if (product.price_tick and price % tick) or 0 < price < tick:
        found.append("price-off-tick")
    least, highest = product.least_price or 0, product.highest_price
    if price < Decimal(str(least)) or (highest and price > Decimal(str(highest))):
        found.append("price-out-of-bounds")
    return found


def changes_against(kw: Decimal, product: Product) -> list[str]:
    """What stands against a change."""
    if not kw:
        return ["offers-nothing"]
    found, watts = [], abs(kw) * 1000
    if (kw > 0 and product.direction is Direction.REDUCE) or (
        kw < 0 and product.direction is Direction.RAISE
    ):
        found.append("direction-not-traded")
    if watts < product.least_volume_w:
        found.append("volume-below-least")
    if product.volume_step_w and watts % product.volume_step_w:
        found.append("volume-off-step")
    return found


def priced() -> Iterator[Product]:
    for tick, least, highest in all_of((None, 2, 10_000), (None, 0.01, 0.015), (None, 0.02, 0.015)):
        yield Product(price_tick=tick, least_price=least, highest_price=highest)


def sized() -> Iterator[Product]:
    for direction, least_w, step_w in all_of(Direction, (0, 100, 700), (0, 250)):
        yield Product(direction=direction, least_volume_w=least_w, volume_step_w=step_w)


@pytest.mark.parametrize("price", PRICES)
def test_prices_are_those_of_the_product(price: str) -> None:
    order = OrderColumns(offer("POD0", -5.0, float(price)))
    for product in priced():
        found: list[str] = []
        try:
            check_prices(order, product)
        except PlatoneError as refused:
            found = slugs_of(refused)
        assert found == prices_against(Decimal(price), product), product


@pytest.mark.parametrize("kw", CHANGES)
def test_changes_are_those_of_the_product(kw: str) -> None:
    order = OrderColumns(offer("POD0", float(kw), 0.1))
    baselines = {"POD0": [BASELINE_KW] * 96}
    for product in sized():
        found: list[list[str]] = [[], []]
        try:
            check_volumes(order, baselines, product)
        except PlatoneError as refused:
            found[0] = slugs_of(refused)
        try:
            check_change("POD0", 0, float(kw), product)
        except PlatoneError as refused:
            found[1] = slugs_of(refused)
        expected = changes_against(Decimal(kw), product)
        assert found == [expected, expected], product


def test_a_price_below_one_millionth_tells_that_as_its_tick() -> None:
    with pytest.raises(PlatoneError) as refused:
        check_prices(OrderColumns(offer("POD0", -5.0, 0.000_000_4)), Product())
    assert refused.value.fields["tick"] == 0.000_001
    assert refused.value.detail.endswith("is no whole number of 0.000001.")


def test_bounds_that_are_not_told_are_zero_and_none() -> None:
    with pytest.raises(PlatoneError) as refused:
        check_prices(OrderColumns(offer("POD0", -5.0, -0.01)), Product())
    assert refused.value.slug == "price-out-of-bounds"
    assert (refused.value.fields["leastPrice"], refused.value.fields["highestPrice"]) == (0.0, None)


def test_a_milliwatt_off_a_bound_or_step_is_rounding_and_two_are_not() -> None:
    product = Product(least_volume_w=1_000, volume_step_w=500)
    for kw in (1.000_000_5, 0.999_999_5, 1.500_000_5, -1.499_999_5):
        check_change("P", 0, kw, product)
        check_volumes(OrderColumns(offer("P", kw, 0.1)), {"P": [BASELINE_KW] * 96}, product)
    for kw, slugs in (
        (1.000_002, ["volume-off-step"]),
        (0.999_998, ["volume-below-least", "volume-off-step"]),
    ):
        with pytest.raises(PlatoneError) as refused:
            check_change("P", 0, kw, product)
        assert slugs_of(refused.value) == slugs
        with pytest.raises(PlatoneError) as refused:
            check_volumes(OrderColumns(offer("P", kw, 0.1)), {"P": [BASELINE_KW] * 96}, product)
        assert slugs_of(refused.value) == slugs


def entries(*told: tuple[list[str], dict[int, float]]) -> RecordedService:
    """An offer of totals by quarter-hour, an entry each."""
    made = [
        Flexibility(
            pod=pods,
            power=[PowerPoint(index=index, p=kw, p_price=0.1) for index, kw in power.items()],
        )
        for pods, power in told
    ]
    return msgspec.structs.replace(offer("P0", -5.0, 0.1), flexibility=made)


@pytest.mark.parametrize("others", [[], [(["P0", "P1"], {2: 60.0})]])
def test_each_point_is_told_that_is_not_traded(
    others: list[tuple[list[str], dict[int, float]]],
) -> None:
    """Also where an entry is of a group; quarter-hours without a baseline are refused elsewhere."""
    baselines = {"P0": [100.0] * 4, "P1": [50.0] * 4}
    order = entries((["P0"], {0: 100.0, 1: 90.0, 2: 95.0}), (["P1"], {1: 50.0, 3: 49.98}), *others)
    with pytest.raises(PlatoneError) as refused:
        check_volumes(OrderColumns(order), baselines, Product())
    told = [refused.value, *refused.value.others]
    found = [(each.slug, each.fields["pod"], each.fields["index"]) for each in told]
    assert found == [
        ("offers-nothing", "P0", 0),
        ("offers-nothing", "P1", 1),
        ("volume-below-least", "P1", 3),
    ]
    beyond = entries((["P0", "P1"], {4: 100.0, 3: 60.0}))
    check_volumes(OrderColumns(beyond), baselines, Product())


def test_a_request_needs_what_it_needs() -> None:
    """Its volume is known at the gate only: none stands against any total."""
    made = entries((["P0"], {0: 100.0}))
    asked = msgspec.structs.replace(made, service_type=ServiceType.DSO_REQUEST)
    check_volumes(OrderColumns(asked), {"P0": [100.0] * 4}, Product())
