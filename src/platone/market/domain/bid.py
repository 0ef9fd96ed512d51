"""The requests of a session in columns, as merit order serves them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.decision import DUST_KW
from platone.market.domain.offer_book import SIDES
from platone.market.domain.order_book import Ask, Kilowatts, Rows
from platone.messages.market import ServiceType

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bids:
    """The requests as they stand in each side, in columns; equal ones that share are one.

    Attributes:
        side: The side of each, in rising order; within one they are in the order of serving.
        turn: Its place in its side.
        number: Its place among all requests.
        need_kw: What it needs, without a sign.
        limit: Most that it pays, EUR/kWh.
        group: Number of its group among all groups.
        sharers: Of those that several share: numbers and needs of the requests.
    """

    side: Rows
    turn: Rows
    number: Rows
    need_kw: Kilowatts
    limit: Kilowatts
    group: Rows
    sharers: Mapping[int, tuple[list[int], list[float]]]

    def of(self, side: int) -> range:
        """Return the rows of the requests of a side."""
        start, end = np.searchsorted(self.side, (side, side + 1)).tolist()
        return range(start, end)

    def parts(self, bid: int, taken_kw: Kilowatts) -> Iterator[tuple[int, Kilowatts]]:
        """Yield the part of a purchase that each request gets, in proportion to its need."""
        if bid not in self.sharers:
            yield int(self.number[bid]), taken_kw
            return
        numbers, needs_kw = self.sharers[bid]
        whole_kw = math.fsum(needs_kw)
        for number, need_kw in zip(numbers, needs_kw, strict=True):
            if need_kw > DUST_KW:
                yield number, taken_kw * (need_kw / whole_kw)


def bids_by_side(asks: Sequence[Ask], pods: int, *, together: bool) -> tuple[Bids, Flags]:
    """Return the requests by side, one without a need in both; and the PoDs of each group.

    Args:
        asks: The requests in order.
        pods: How many points of delivery there are.
        together: Whether those of one kind, limit and group make one bid.
    """
    names = [id(ask.group) for ask in asks]
    groups = {name: number for number, name in enumerate(dict.fromkeys(names))}
    group = np.array([groups[name] for name in names], dtype=np.intp)
    members = np.zeros((len(groups), pods), dtype=np.bool_)
    for number, first in zip(*np.unique(group, return_index=True), strict=True):
        members[number, asks[first].group] = True
    need_kw, limit = (
        np.array([ask.need_kw for ask in asks], dtype=np.float64),
        np.array([ask.limit for ask in asks], dtype=np.float64),
    )
    side = np.array([ask.index for ask in asks], dtype=np.intp) * SIDES + (need_kw > 0)
    idle = np.flatnonzero(np.abs(need_kw) <= DUST_KW)
    number = np.concatenate([np.arange(len(asks)), idle])
    side = np.concatenate([side, side[idle] ^ 1])
    order = np.lexsort((number, side))
    number, side = number[order], side[order]
    sharers: dict[int, tuple[list[int], list[float]]] = {}
    if together:
        number, side, sharers = _shared(asks, number, side)
    turn = np.arange(len(side)) - np.searchsorted(side, side)
    needs_kw = np.abs(need_kw)[number]
    for row, (_, its_kw) in sharers.items():
        needs_kw[row] = math.fsum(its_kw)
    return Bids(side, turn, number, needs_kw, limit[number], group[number], sharers), members


def _shared(
    asks: Sequence[Ask], number: Rows, side: Rows
) -> tuple[Rows, Rows, dict[int, tuple[list[int], list[float]]]]:
    """Return the requests of which none is equal to another of its side; the first stands for all.

    Args:
        asks: The requests.
        number: Those by side.
        side: The side of each.
    """
    equals: dict[tuple[int, ServiceType, float, bytes], list[int]] = {}
    for each, of_side in zip(number.tolist(), side.tolist(), strict=True):
        ask = asks[each]
        key = of_side, ask.service.service_type, ask.limit, ask.group.tobytes()
        equals.setdefault(key, []).append(each)
    sharers = {
        row: (numbers, [abs(asks[each].need_kw) for each in numbers])
        for row, numbers in enumerate(equals.values())
        if len(numbers) > 1
    }
    firsts = np.array([numbers[0] for numbers in equals.values()], dtype=np.intp)
    sides = np.array([key[0] for key in equals], dtype=np.intp)
    return firsts, sides, sharers
