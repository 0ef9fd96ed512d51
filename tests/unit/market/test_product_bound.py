"""Each refusal of a price or volume tells the bound of the product in its own unit."""

import pytest
from tests.unit.market.market_case import offer, session

from platone.kernel.errors import PlatoneError
from platone.market.domain.product import check_change
from platone.market.domain.recording_check import check_recording
from platone.messages.clearing import ClearingRules, Direction, Product

PRODUCT = Product(
    direction=Direction.BOTH,
    least_volume_w=10_000,
    volume_step_w=5_000,
    price_tick=10_000,
    least_price=0.02,
    highest_price=0.5,
)


def refusals(change_kw: float, price: float, product: Product) -> list[PlatoneError]:
    with pytest.raises(PlatoneError) as refused:
        check_recording(
            session(offer("POD0", change_kw, price), rules=ClearingRules(product=product))
        )
    return [refused.value, *refused.value.others]


def test_a_price_between_two_ticks_tells_the_tick_in_euro() -> None:
    """Ten thousand millionths of EUR/kWh are a cent."""
    (refused,) = refusals(-10, 0.105, PRODUCT)
    assert refused.slug == "price-off-tick"
    assert (refused.fields["tick"], refused.fields["price"]) == (0.01, 0.105)
    assert refused.detail.endswith("is no whole number of 0.010000.")


@pytest.mark.parametrize("price", [0.01, 0.51])
def test_a_price_out_of_bounds_tells_both(price: float) -> None:
    (refused,) = refusals(-10, price, PRODUCT)
    assert refused.slug == "price-out-of-bounds"
    assert (refused.fields["leastPrice"], refused.fields["highestPrice"]) == (0.02, 0.5)


@pytest.mark.parametrize(
    ("change_kw", "slugs"),
    [
        (10.0, []),
        (-15.0, []),
        (9.999, ["volume-below-least", "volume-off-step"]),
        (-12.0, ["volume-off-step"]),
        (5.0, ["volume-below-least"]),
        (1_000_002.5, ["volume-off-step"]),
        (1_000_005.0, []),
    ],
)
def test_a_volume_is_of_whole_steps_from_the_least_on(change_kw: float, slugs: list[str]) -> None:
    found: list[PlatoneError] = []
    try:
        check_change("P", 3, change_kw, PRODUCT)
    except PlatoneError as refused:
        found = [refused, *refused.others]
    assert [each.slug for each in found] == slugs
    for each in found:
        assert (each.fields["pod"], each.fields["index"]) == ("P", 3)
        assert each.fields["changeKw"] == change_kw
        assert {each.fields.get("leastVolumeW"), each.fields.get("volumeStepW")} & {10_000, 5_000}


@pytest.mark.parametrize(
    ("direction", "change_kw"), [(Direction.REDUCE, 10.0), (Direction.RAISE, -10.0)]
)
def test_a_direction_that_is_not_traded_is_refused(direction: Direction, change_kw: float) -> None:
    product = Product(direction=direction)
    check_change("P", 3, -change_kw, product)
    with pytest.raises(PlatoneError) as refused:
        check_change("P", 3, change_kw, product)
    assert refused.value.slug == "direction-not-traded"
