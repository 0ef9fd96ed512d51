"""The checks of how long activations last, and how soon they begin, against the market's product.

An activation is what a session buys of a point of delivery to one side in quarter-hours without a
gap. What an offer alone can tell is refused at its submission; what depends on the trades is kept
by the clearing (:mod:`.linked_activation`).
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from platone.kernel.errors import PlatoneError, raise_all
from platone.kernel.market_time import QUARTER_HOUR
from platone.kernel.session_window import SessionWindow
from platone.market.domain.problem.order import (
    ActivationTooLong,
    ActivationTooShort,
    DeliveryTooSoon,
)
from platone.messages.clearing import Product
from platone.messages.market import FlexibilityService, ServiceType

_Side = tuple[str, bool]
"""A PoD, and whether it consumes more."""


def connected(indices: Iterable[int]) -> list[range]:
    """Return quarter-hours as runs without a gap, in order."""
    runs: list[range] = []
    for index in sorted(set(indices)):
        if runs and runs[-1].stop == index:
            runs[-1] = range(runs[-1].start, index + 1)
        else:
            runs.append(range(index, index + 1))
    return runs


def check_durations(
    offer: FlexibilityService, baselines: Mapping[str, Sequence[float]], product: Product
) -> None:
    """Check that what is offered of each PoD can be an activation of the product.

    Args:
        offer: The offer; of a request nothing is checked.
        baselines: Each PoD's baseline, kW by quarter-hour of the market day.
        product: What is traded.

    Raises:
        ActivationTooShort: Too few connected quarter-hours are offered.
        ActivationTooLong: A block has too many.
    """
    if offer.service_type is ServiceType.OFFER and product.bounds_duration:
        raise_all(_duration_problems(offer, baselines, product))


def _duration_problems(
    offer: FlexibilityService, baselines: Mapping[str, Sequence[float]], product: Product
) -> Iterator[PlatoneError]:
    offered: dict[_Side, set[int]] = {}
    blocks: dict[tuple[str, _Side], set[int]] = {}
    for block, side, index in _offered(offer, baselines):
        offered.setdefault(side, set()).add(index)
        if block is not None:
            blocks.setdefault((block, side), set()).add(index)
    least, most = product.least_quarter_hours or 1, product.most_quarter_hours or math.inf
    for (pod, _), indices in offered.items():
        for run in connected(indices):
            if len(run) < least:
                yield ActivationTooShort(
                    f"{pod}: {len(run)} quarter-hours from index {run.start}, fewer than {least}.",
                    pod=pod,
                    index=run.start,
                    quarterHours=len(run),
                    leastQuarterHours=least,
                )
    for (block, (pod, _)), indices in blocks.items():
        for run in connected(indices):
            if len(run) > most:
                yield ActivationTooLong(
                    f"{pod}: block {block} has {len(run)} quarter-hours from index {run.start}, "
                    f"more than {most}.",
                    pod=pod,
                    block=block,
                    index=run.start,
                    quarterHours=len(run),
                    mostQuarterHours=most,
                )


def _offered(
    offer: FlexibilityService, baselines: Mapping[str, Sequence[float]]
) -> Iterator[tuple[str | None, _Side, int]]:
    """Yield the block, the PoD with its side, and the index of each offered quarter-hour."""
    for entry in offer.flexibility:
        block = None if entry.order is None else entry.order.block
        for pod in entry.pod or ():
            curve_kw = baselines.get(pod, ())
            for point in entry.power:
                if point.index < len(curve_kw):
                    yield block, (pod, point.p > curve_kw[point.index]), point.index


def reached_in_time(window: SessionWindow, final: datetime, product: Product) -> range:
    """Return the quarter-hours of a session that can be activated in full, once trades are final.

    Args:
        window: What the session delivers.
        final: When its trades are final.
        product: What is traded.
    """
    indices = window.indices
    if product.full_activation_minutes is None:
        return indices
    reached = final + timedelta(minutes=product.full_activation_minutes)
    passed = -((window.day.start - reached) // QUARTER_HOUR)  # rounded up
    return range(min(max(indices.start, passed), indices.stop), indices.stop)


def check_reached(
    indices: Iterable[int], window: SessionWindow, final: datetime, product: Product
) -> None:
    """Check that quarter-hours of a session can be activated in full.

    Args:
        indices: The quarter-hours; what the session does not deliver is not looked at.
        window: What the session delivers.
        final: When its trades are final.
        product: What is traded.

    Raises:
        DeliveryTooSoon: One starts before that.
    """
    first, delivered = reached_in_time(window, final, product).start, window.indices
    if first == delivered.start:
        return
    raise_all(
        DeliveryTooSoon(
            f"Index {index} starts within {product.full_activation_minutes} minutes after "
            f"{final.isoformat()}, when trades are final.",
            index=index,
            firstIndex=first,
            decisionDue=final.isoformat(),
            fullActivationMinutes=product.full_activation_minutes,
        )
        for index in sorted({each for each in indices if each < first and each in delivered})
    )
