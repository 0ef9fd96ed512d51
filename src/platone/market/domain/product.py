"""The checks of offers and prices against the market's product: volumes, steps and bounds."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from platone.kernel.errors import PlatoneError, raise_all
from platone.market.domain.decision import DUST_KW
from platone.market.domain.order_book import Kilowatts
from platone.market.domain.order_columns import Flags, OrderColumns
from platone.market.domain.problem.order import (
    DirectionNotTraded,
    OffersNothing,
    VolumeBelowLeast,
    VolumeOffStep,
)
from platone.market.domain.problem.price import PriceOffTick, PriceOutOfBounds
from platone.messages.clearing import Direction, Product
from platone.messages.market import PowerPoint, ServiceType

_STEPS = 1_000_000
"""Millionths of EUR/kWh in one: the steps in which the ledger counts prices."""
_OF_A_STEP = 1e-3
"""Share of a step by which a number that was written in decimals may be off it."""
_TOLERANCE_W = 1e-3
"""W: totals are sums of rounded numbers; a milliwatt off a bound is rounding."""


def check_prices(order: OrderColumns, product: Product) -> None:
    """Check the prices of a request or an offer.

    Raises:
        PriceOffTick: One is no whole number of ticks, or less than one.
        PriceOutOfBounds: One is not between the least and the highest price.
    """
    raise_all(
        problem
        for points in order.odd(_odd_prices(order.price, product)).values()
        for point in points
        for problem in _price_problems(point, product)
    )


def check_volumes(
    order: OrderColumns, baselines: Mapping[str, Sequence[float]], product: Product
) -> None:
    """Check the volumes of an offer; what a request needs is known at the gate only.

    Args:
        order: The message.
        baselines: Each PoD's baseline, kW by quarter-hour of the market day.
        product: What is traded.

    Raises:
        OffersNothing, DirectionNotTraded, VolumeBelowLeast, VolumeOffStep: A change is not traded.
    """
    if order.service.service_type is not ServiceType.OFFER:
        return
    entries = order.service.flexibility
    raise_all(
        problem
        for number, points in order.odd(_odd_changes(order, baselines, product)).items()
        for pod in entries[number].pod or ()
        for point in points
        if point.index < len(baselines.get(pod, ()))
        for problem in _change_problems(
            pod, point.index, point.p - baselines[pod][point.index], product
        )
    )


def _odd_prices(price: Kilowatts, product: Product) -> Flags:
    """Return which prices the plain rule, :func:`_price_problems`, has something against."""
    steps = price * _STEPS
    tick = product.price_tick or 1
    odd: Flags = (steps > 0) & (steps < tick * (1 - _OF_A_STEP))
    if product.price_tick is not None:
        odd |= np.abs(steps / tick - np.rint(steps / tick)) > _OF_A_STEP
    odd |= price < (product.least_price or 0.0)
    if product.highest_price is not None:
        odd |= price > product.highest_price
    return odd


def _odd_changes(
    order: OrderColumns, baselines: Mapping[str, Sequence[float]], product: Product
) -> Flags:
    """Return which changes the plain rule, :func:`_change_problems`, has something against.

    Where an entry is not for one PoD, which an offer's has to be, the plain rule looks at all.
    """
    if not order.is_plain:
        return order.all_odd
    change_kw = order.p_kw - order.table(baselines)[order.pod, order.index]
    watts = np.abs(change_kw) * 1e3
    odd: Flags = np.abs(change_kw) <= DUST_KW
    odd |= watts < product.least_volume_w - _TOLERANCE_W
    if product.direction is not Direction.BOTH:
        odd |= change_kw > 0 if product.direction is Direction.REDUCE else change_kw < 0
    step = product.volume_step_w
    if step:
        odd |= np.abs(watts - step * np.rint(watts / step)) > _TOLERANCE_W
    return odd


def _price_problems(point: PowerPoint, product: Product) -> Iterator[PlatoneError]:
    steps = point.p_price * _STEPS
    tick = product.price_tick or 1
    between = (
        product.price_tick is not None and abs(steps / tick - round(steps / tick)) > _OF_A_STEP
    )
    if between or 0 < steps < tick * (1 - _OF_A_STEP):
        yield PriceOffTick(
            f"{point.p_price} EUR/kWh at index {point.index} is no whole number of "
            f"{tick / _STEPS:.6f}.",
            index=point.index,
            price=point.p_price,
            tick=tick / _STEPS,
        )
    least, highest = product.least_price or 0.0, product.highest_price
    if point.p_price < least or (highest is not None and point.p_price > highest):
        yield PriceOutOfBounds(
            f"{point.p_price} EUR/kWh at index {point.index} is not between {least} and {highest}.",
            index=point.index,
            price=point.p_price,
            leastPrice=least,
            highestPrice=highest,
        )


def check_change(pod: str, index: int, change_kw: float, product: Product) -> None:
    """Check the change that is offered of a PoD in a quarter-hour.

    Raises:
        OffersNothing, DirectionNotTraded, VolumeBelowLeast, VolumeOffStep: It is not traded.
    """
    raise_all(_change_problems(pod, index, change_kw, product))


def _change_problems(
    pod: str, index: int, change_kw: float, product: Product
) -> Iterator[PlatoneError]:
    where = {"pod": pod, "index": index, "changeKw": change_kw}
    if abs(change_kw) <= DUST_KW:
        yield OffersNothing(f"{pod} at index {index}: the total is the baseline.", **where)
        return
    traded = {Direction.REDUCE: change_kw < 0, Direction.RAISE: change_kw > 0, Direction.BOTH: True}
    if not traded[product.direction]:
        yield DirectionNotTraded(f"{pod} at index {index} changes by {change_kw} kW.", **where)
    watts = abs(change_kw) * 1e3
    if watts < product.least_volume_w - _TOLERANCE_W:
        yield VolumeBelowLeast(
            f"{pod} at index {index} changes by {watts:.3f} W, less than {product.least_volume_w}.",
            **where,
            leastVolumeW=product.least_volume_w,
        )
    step = product.volume_step_w
    if step and abs(watts - step * round(watts / step)) > _TOLERANCE_W:
        yield VolumeOffStep(
            f"{pod} at index {index} changes by {watts:.3f} W, no whole number of {step}.",
            **where,
            volumeStepW=step,
        )
