"""The decision by merit order: which requests take which offers, in columns.

One sort puts the offers of each quarter-hour and direction in a row, by price. Then each request
walks over its own row with whole arrays: n log n in the number of offers.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.decision import (
    DUST_KW,
    LEAST_TRADE_KW,
    NO_REQUEST,
    WRONG_DIRECTION,
    Decision,
)
from platone.market.domain.offer_book import SIDES, OfferBook
from platone.market.domain.order_book import LONGEST_DAY, Ask, Kilowatts, Rows
from platone.market.domain.price import Purchase, share_prices
from platone.messages.clearing import ClearingRules, Pricing, Ties
from platone.messages.market import ServiceType

Number = TypeVar("Number", np.intp, np.float64)

_BOTH_ENDS: tuple[Literal["left", "right"], ...] = ("left", "right")
"""The two ends of a run of equals, as searches name them."""


@dataclass(frozen=True, slots=True)
class _Bid:
    """A request, or equal ones that share, as it stands in one direction.

    Attributes:
        numbers: Their places among all requests.
        needs_kw: What each of them needs, without a sign.
        limit: Most that they pay, EUR/kWh.
        member: Whether a PoD is of their group, by row of the PoD.
    """

    numbers: list[int]
    needs_kw: list[float]
    limit: float
    member: NDArray[np.bool_]

    def parts(self, taken_kw: Kilowatts) -> list[tuple[int, Kilowatts]]:
        """Return the part of a purchase that each of them gets, in proportion to its need."""
        if len(self.numbers) == 1:
            return [(self.numbers[0], taken_kw)]
        whole_kw = math.fsum(self.needs_kw)
        return [
            (number, taken_kw * (need_kw / whole_kw))
            for number, need_kw in zip(self.numbers, self.needs_kw, strict=True)
            if need_kw > DUST_KW
        ]


@dataclass(slots=True)
class _Side:
    """The offers of one direction in one quarter-hour, by merit, and what is taken of them.

    Attributes:
        left_kw: The unsold part of each yet, without a sign.
        price: EUR/kWh.
        pod: Rows of the PoDs.
        best: The best limit among the requests that cover the offer.
        pro_rata: Whether offers at one price share, rather than come one after the other.
        numbers: The requests that took anything, in order.
        purchases: What each of them took.
        parts_kw: How much of each.
    """

    left_kw: Kilowatts
    price: Kilowatts
    pod: Rows
    best: Kilowatts
    pro_rata: bool = False
    numbers: list[int] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    parts_kw: list[Kilowatts] = field(default_factory=list)

    def serve(self, bid: _Bid) -> None:
        """Sell a request what it needs."""
        covered = bid.member[self.pod]
        np.maximum(self.best, bid.limit, out=self.best, where=covered)
        able = covered[: np.searchsorted(self.price, bid.limit, side="right")]
        places = np.flatnonzero(able & (self.left_kw[: len(able)] >= LEAST_TRADE_KW))
        need_kw = math.fsum(bid.needs_kw)
        taken_kw = _fill(need_kw, self.left_kw[places])
        if self.pro_rata and taken_kw.size:
            taken_kw = _share(need_kw, self.left_kw[places], self.price[places], len(taken_kw))
        if taken_kw.size:
            taken = places[: taken_kw.size]
            self.left_kw[taken] -= taken_kw
            for number, part_kw in bid.parts(taken_kw):
                self.numbers.append(number)
                dearest = float(self.price[taken[-1]])
                self.purchases.append(Purchase(bid.limit, dearest, taken, able))
                self.parts_kw.append(part_kw)

    def reasons(self, opposite: Iterable[_Bid], idle: NDArray[np.bool_]) -> NDArray[np.int8]:
        """Return why each offer is not taken, if it is not, as numbers in ``REASONS``.

        Args:
            opposite: The requests in the other direction.
            idle: Whether an offer changes nothing.
        """
        reasons = (self.price > self.best).astype(np.int8)  # not needed, or above the limit
        lost = np.isneginf(self.best) | idle
        if lost.any():
            covered = np.isfinite(self.best)
            for bid in opposite:
                covered |= bid.member[self.pod]
            reasons[lost] = np.where(covered[lost], WRONG_DIRECTION, NO_REQUEST)
        return reasons


@dataclass(slots=True)
class _Sales:
    """The sales so far: places of offers, volumes, prices and buyers, one a purchase."""

    places: list[Rows] = field(default_factory=list)
    volumes_kw: list[Kilowatts] = field(default_factory=list)
    prices: list[Kilowatts] = field(default_factory=list)
    buyers: list[int] = field(default_factory=list)

    def add(self, side: _Side, start: int, pricing: Pricing) -> None:
        """Add what is sold of one direction in one quarter-hour, whose places begin at a start."""
        self.places.extend(start + purchase.taken for purchase in side.purchases)
        self.volumes_kw.extend(side.parts_kw)
        self.buyers.extend(side.numbers)
        if pricing is Pricing.AS_BID:
            self.prices.extend(side.price[purchase.taken] for purchase in side.purchases)
        else:
            shared = share_prices(side.purchases, len(side.pod))
            self.prices.extend(
                np.full(len(purchase.taken), price)
                for purchase, price in zip(side.purchases, shared, strict=True)
            )


def decide(book: OfferBook, asks: list[Ask], pods: int, rules: ClearingRules) -> Decision:
    """Return the decision by merit order.

    Args:
        book: The offers.
        asks: The requests in the order in which they are served.
        pods: How many points of delivery the session has.
        rules: How trades are priced, and equals treated.
    """
    side, order = book.merit_order()
    pro_rata = rules.ties is Ties.PRO_RATA
    bids = _bids_by_side(asks, pods, together=pro_rata)
    bounds = np.searchsorted(side, np.arange(SIDES * LONGEST_DAY + 1)).tolist()
    left_kw, price, pod = np.abs(book.change_kw[order]), book.price[order], book.pod[order]
    idle, reason = left_kw <= DUST_KW, np.empty(len(order), dtype=np.int8)
    best = np.full(len(order), -np.inf)
    sales = _Sales()
    for number, (start, end) in enumerate(pairwise(bounds)):
        if start == end:
            continue
        it = slice(start, end)
        offers = _Side(left_kw[it], price[it], pod[it], best[it], pro_rata)
        for bid in bids[number]:
            offers.serve(bid)
        sales.add(offers, start, rules.pricing)
        reason[it] = offers.reasons(bids[number ^ 1], idle[it])
    return Decision(
        order=order,
        left_kw=left_kw,
        reason=reason,
        place=_joined(sales.places, np.intp),
        volume_kw=_joined(sales.volumes_kw, np.float64),
        price=_joined(sales.prices, np.float64),
        buyer=np.array(sales.buyers, dtype=np.intp),
        trades=np.array([len(places) for places in sales.places], dtype=np.intp),
    )


def _bids_by_side(asks: Iterable[Ask], pods: int, *, together: bool) -> list[list[_Bid]]:
    """Return the requests by quarter-hour and direction; one without a need stands in both.

    Args:
        asks: The requests in order.
        pods: How many points of delivery there are.
        together: Whether those of one kind, limit and group make one bid.
    """
    found: list[list[_Bid]] = [[] for _ in range(SIDES * LONGEST_DAY)]
    equals: dict[tuple[int, ServiceType, float, bytes], _Bid] = {}
    members: dict[int, NDArray[np.bool_]] = {}
    for number, ask in enumerate(asks):
        member = members.get(id(ask.group))
        if member is None:
            member = members[id(ask.group)] = np.zeros(pods, dtype=np.bool_)
            member[ask.group] = True
        both = abs(ask.need_kw) <= DUST_KW
        for raising in (False, True) if both else (ask.need_kw > 0,):
            side = ask.index * SIDES + raising
            bid = _Bid([number], [abs(ask.need_kw)], ask.limit, member)
            if together:
                key = side, ask.service.service_type, ask.limit, ask.group.tobytes()
                like = equals.setdefault(key, bid)
                if like is not bid:
                    like.numbers.append(number)
                    like.needs_kw.append(abs(ask.need_kw))
                    continue
            found[side].append(bid)
    return found


def _joined(parts: list[NDArray[Number]], kind: type[Number]) -> NDArray[Number]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def _fill(need_kw: float, left_kw: Kilowatts) -> Kilowatts:
    """Return the parts taken of the first offers until the need is met; all but the last wholly.

    Args:
        need_kw: Magnitude of the need.
        left_kw: Magnitudes of what is left of the offers, in merit order.
    """
    until_kw = np.cumsum(left_kw)
    whole = int(np.searchsorted(until_kw, need_kw - DUST_KW))
    if whole == len(left_kw):
        return left_kw
    part_kw = need_kw - (float(until_kw[whole - 1]) if whole else 0.0)
    if part_kw < LEAST_TRADE_KW:
        return left_kw[:whole]
    taken_kw = left_kw[: whole + 1].copy()
    if part_kw < taken_kw[whole] - DUST_KW:
        taken_kw[whole] = part_kw
    return taken_kw


def _share(need_kw: float, left_kw: Kilowatts, price: Kilowatts, taken: int) -> Kilowatts:
    """Return the parts taken where all offers at the last price taken share what is needed of it.

    Args:
        need_kw: Magnitude of the need.
        left_kw: Magnitudes of what is left of the offers, in merit order.
        price: Their prices.
        taken: How many would be taken one after the other.
    """
    first, end = (int(np.searchsorted(price, price[taken - 1], side)) for side in _BOTH_ENDS)
    equal_kw = left_kw[first:end]
    share = min(1.0, (need_kw - math.fsum(left_kw[:first])) / math.fsum(equal_kw))
    return np.concatenate([left_kw[:first], equal_kw * share])
