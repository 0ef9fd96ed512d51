"""The prices of the trades of a quarter-hour and direction: one where one is fair.

No offer is sold for less than what any request pays that could have bought it too. So requests
that compete for the same offers pay the same, whoever was served first, and into however many
requests a need is split. Only a request's own limit stands against that: it never pays more.

These are the least prices of that kind: each request pays the dearest offer that it takes, or
more where others who could have had one of its offers pay more. They are found from the highest
price down: who pays it hands it on to all who took an offer that it could have bought.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.order_book import Rows


@dataclass(frozen=True, slots=True)
class Purchase:
    """The offers that a request takes in a quarter-hour.

    Attributes:
        limit: Most that it pays, EUR/kWh.
        dearest: The highest price among the offers that it takes.
        taken: Places of the offers that it takes, in merit order.
        able: Whether it could have bought the offer, by place in merit order; offers that come
            after the end are too dear for it.
    """

    limit: float
    dearest: float
    taken: Rows
    able: NDArray[np.bool_]


def share_prices(purchases: Sequence[Purchase], offers: int) -> list[float]:
    """Return the price that each request pays, EUR/kWh.

    Args:
        purchases: The requests of one quarter-hour and direction that take anything.
        offers: How many offers there are.
    """
    prices = [each.dearest for each in purchases]
    if len(purchases) < 2:  # noqa: PLR2004 - nobody to compete with
        return prices
    takers = _takers(purchases)
    unpriced = np.zeros(offers, dtype=np.bool_)
    unpriced[list(takers)] = True
    waiting = [(-price, number) for number, price in enumerate(prices)]
    heapq.heapify(waiting)
    while waiting:
        negative, number = heapq.heappop(waiting)
        if -negative < prices[number]:
            continue  # it pays more meanwhile, and has been here
        able = purchases[number].able
        places = np.flatnonzero(unpriced[: len(able)] & able)
        unpriced[places] = False
        for other in {taker for place in places.tolist() for taker in takers[place]}:
            price = min(prices[number], purchases[other].limit)
            if price > prices[other]:
                prices[other] = price
                heapq.heappush(waiting, (-price, other))
    return prices


def _takers(purchases: Sequence[Purchase]) -> dict[int, list[int]]:
    """Return which requests take an offer, by its place."""
    found: dict[int, list[int]] = {}
    for number, purchase in enumerate(purchases):
        for place in purchase.taken.tolist():
            found.setdefault(place, []).append(number)
    return found
