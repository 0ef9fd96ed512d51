"""The decision by merit order: which requests take which offers, in columns.

One sort puts the offers of each quarter-hour and direction (a *side*) in a row, by price. No side
touches another, so the first request of every side is served at once, then the second of those that
have one, and so on. A round, for the requests that it serves:

    covered  offers of the request's group      able  those within its limit
    until    what able offers give together, up to each
    taken    able offers while until is below the need; the next one in part
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

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

Flags = NDArray[np.bool_]
Number = TypeVar("Number", np.int8, np.float64)

_BLOCK = 1 << 16
"""Offers that are decided at once: their columns stay in a processor's cache."""


@dataclass(frozen=True, slots=True)
class _Bid:
    """A request, or equal ones that share, as it stands in one side.

    Attributes:
        numbers: Their places among all requests.
        needs_kw: What each of them needs, without a sign.
        limit: Most that they pay, EUR/kWh.
        group: Number of their group among all groups.
    """

    numbers: list[int]
    needs_kw: list[float]
    limit: float
    group: int

    def parts(self, taken_kw: Kilowatts) -> Iterator[tuple[int, Kilowatts]]:
        """Yield the part of a purchase that each of them gets, in proportion to its need."""
        if len(self.numbers) == 1:
            yield self.numbers[0], taken_kw
            return
        whole_kw = math.fsum(self.needs_kw)
        for number, need_kw in zip(self.numbers, self.needs_kw, strict=True):
            if need_kw > DUST_KW:
                yield number, taken_kw * (need_kw / whole_kw)


@dataclass(frozen=True, slots=True)
class _Offers:
    """The offers, a row for each side that has any, in merit order; rows are filled up with none.

    Attributes:
        side: The side of each row, shape (rows,).
        start: Place in merit order of each row's first offer, shape (rows,).
        there: Whether there is an offer, shape (rows, width).
        left_kw: The unsold part of each offer, without a sign, shape (rows, width).
        price: EUR/kWh; above all limits where there is no offer.
        pod: Rows of the PoDs.
        best: The best limit among the requests that cover the offer.
    """

    side: Rows
    start: Rows
    there: Flags
    left_kw: Kilowatts
    price: Kilowatts
    pod: Rows
    best: Kilowatts

    @classmethod
    def arranged(cls, book: OfferBook, order: Rows, sides: Rows, bounds: Rows) -> "_Offers":
        """Return the offers of some sides that follow one another.

        Args:
            book: The offers.
            order: Their rows in merit order.
            sides: The sides, each with offers.
            bounds: Where each side begins in that order, and where the last one ends.
        """
        start, count = bounds[:-1], np.diff(bounds)
        there = np.arange(count.max()) < count[:, None]
        rows = order[bounds[0] : bounds[-1]]
        left_kw, price = np.zeros(there.shape), np.full(there.shape, np.inf)
        pod = np.zeros(there.shape, dtype=np.intp)
        left_kw[there] = np.abs(book.change_kw[rows])
        price[there] = book.price[rows]
        pod[there] = book.pod[rows]
        return cls(sides, start, there, left_kw, price, pod, np.full(there.shape, -np.inf))

    def flat(self, values: NDArray[Number]) -> NDArray[Number]:
        """Return values of the offers by place in merit order."""
        return values[self.there]


@dataclass(slots=True)
class _Sales:
    """The sales so far: places of offers, volumes, prices and buyers, one a purchase."""

    places: list[Rows] = field(default_factory=list)
    volumes_kw: list[Kilowatts] = field(default_factory=list)
    buyers: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)

    def prices(self, offers: _Offers, pricing: Pricing) -> list[Kilowatts]:
        """Return the prices of the trades of each purchase."""
        taken = [purchase.taken for purchase in self.purchases]
        if pricing is Pricing.AS_BID:
            return [offers.price[row][its] for row, its in zip(self.rows, taken, strict=True)]
        by_row: dict[int, list[int]] = {}
        for number, row in enumerate(self.rows):
            by_row.setdefault(row, []).append(number)
        shared = [purchase.dearest for purchase in self.purchases]
        for numbers in by_row.values():
            if len(numbers) > 1:
                rivals = [self.purchases[number] for number in numbers]
                for number, price in zip(
                    numbers, share_prices(rivals, offers.pod.shape[1]), strict=True
                ):
                    shared[number] = price
        return [np.full(len(its), price) for its, price in zip(taken, shared, strict=True)]


def decide(book: OfferBook, asks: list[Ask], pods: int, rules: ClearingRules) -> Decision:
    """Return the decision by merit order.

    Args:
        book: The offers.
        asks: The requests in the order in which they are served.
        pods: How many points of delivery the session has.
        rules: How trades are priced, and equals treated.
    """
    side, order = book.merit_order()
    bids, members = _bids_by_side(asks, pods, together=rules.ties is Ties.PRO_RATA)
    sales, prices = _Sales(), [np.empty(0)]
    left_kw, reason = [np.empty(0)], [np.empty(0, dtype=np.int8)]
    for sides, bounds in _blocks(side):
        offers = _Offers.arranged(book, order, sides, bounds)
        idle = offers.left_kw <= DUST_KW
        mine = _Sales()
        waiting = [bids[number] for number in sides.tolist()]
        turn = 0
        while rows := [row for row, queue in enumerate(waiting) if turn < len(queue)]:
            _serve(offers, rows, [waiting[row][turn] for row in rows], members, mine, rules.ties)
            turn += 1
        prices += mine.prices(offers, rules.pricing)
        left_kw.append(offers.flat(offers.left_kw))
        reason.append(offers.flat(_reasons(offers, bids, members, idle)))
        sales.places += mine.places
        sales.volumes_kw += mine.volumes_kw
        sales.buyers += mine.buyers
    return Decision(
        order=order,
        left_kw=np.concatenate(left_kw),
        reason=np.concatenate(reason),
        place=np.concatenate([np.empty(0, dtype=np.intp), *sales.places]),
        volume_kw=np.concatenate([np.empty(0), *sales.volumes_kw]),
        price=np.concatenate(prices),
        buyer=np.array(sales.buyers, dtype=np.intp),
        trades=np.array([len(places) for places in sales.places], dtype=np.intp),
    )


def _blocks(side: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Yield sides that are decided at once, and where each begins and the last ends.

    Args:
        side: The side of each offer in merit order.
    """
    all_bounds = np.searchsorted(side, np.arange(SIDES * LONGEST_DAY + 1))
    sides = np.flatnonzero(np.diff(all_bounds))
    bounds = np.append(all_bounds[sides], len(side))
    first = 0
    while first < len(sides):
        widest = np.maximum.accumulate(np.diff(bounds[first:]))
        cells = widest * np.arange(1, len(widest) + 1)
        end = first + max(1, int(np.searchsorted(cells, _BLOCK)))
        yield sides[first:end], bounds[first : end + 1]
        first = end


def _serve(
    offers: _Offers,
    rows: list[int],
    bids: list[_Bid],
    members: Flags,
    sales: _Sales,
    ties: Ties,
) -> None:
    """Sell one request of each of some rows what it needs."""
    chosen: slice | list[int] = slice(None) if len(rows) == len(offers.side) else rows
    price, left_kw = offers.price[chosen], offers.left_kw[chosen]
    limit = np.array([bid.limit for bid in bids])[:, None]
    group = np.array([bid.group for bid in bids])[:, None]
    need_kw = np.array([math.fsum(bid.needs_kw) for bid in bids])
    covered = members.ravel().take(offers.pod[chosen] + group * members.shape[1])
    best = offers.best[chosen]
    offers.best[chosen] = np.maximum(best, limit, out=best, where=covered)
    able = covered & (price <= limit)
    parts_kw = np.where(able & (left_kw >= LEAST_TRADE_KW), left_kw, 0.0)
    until_kw = np.cumsum(parts_kw, axis=1)
    _cut(parts_kw, until_kw, need_kw, price, ties)
    offers.left_kw[chosen] = left_kw - parts_kw
    where, taken = np.nonzero(parts_kw)
    bounds = np.searchsorted(where, np.arange(len(rows) + 1)).tolist()
    volumes_kw = parts_kw[where, taken]
    for at, bid in enumerate(bids):
        its = slice(bounds[at], bounds[at + 1])
        if its.start == its.stop:
            continue
        dearest = float(price[at, taken[its.stop - 1]])
        for number, volume_kw in bid.parts(volumes_kw[its]):
            sales.rows.append(rows[at])
            sales.buyers.append(number)
            sales.places.append(offers.start[rows[at]] + taken[its])
            sales.volumes_kw.append(volume_kw)
            sales.purchases.append(Purchase(bid.limit, dearest, taken[its], able[at]))


def _cut(
    parts_kw: Kilowatts, until_kw: Kilowatts, need_kw: Kilowatts, price: Kilowatts, ties: Ties
) -> None:
    """Cut what all able offers of each row give to what is needed: the last one in part.

    Args:
        parts_kw: What each offer can give, shape (rows, width); it is changed.
        until_kw: What the offers of a row give together, up to each.
        need_kw: What is needed, shape (rows,).
        price: EUR/kWh.
        ties: Whether offers at the last price share, or come one after the other.
    """
    pro_rata = ties is Ties.PRO_RATA
    enough = until_kw >= (need_kw - DUST_KW)[:, None]
    for row in np.flatnonzero(enough.any(axis=1)).tolist():
        last = int(np.argmax(enough[row]))
        before_kw = float(until_kw[row, last - 1]) if last else 0.0
        part_kw = float(need_kw[row]) - before_kw
        whole_kw = parts_kw[row].copy() if pro_rata else parts_kw[row, last]
        parts_kw[row, last:] = 0.0
        if part_kw < LEAST_TRADE_KW:
            continue
        if pro_rata:
            equal = (price[row] == price[row, last]) & (whole_kw > 0)
            first = int(np.argmax(equal))
            before_kw = float(until_kw[row, first - 1]) if first else 0.0
            share = min(1.0, (need_kw[row] - before_kw) / math.fsum(whole_kw[equal]))
            parts_kw[row, equal] = whole_kw[equal] * share
        else:
            parts_kw[row, last] = part_kw if part_kw < whole_kw - DUST_KW else whole_kw


def _reasons(
    offers: _Offers, bids: list[list[_Bid]], members: Flags, idle: Flags
) -> NDArray[np.int8]:
    """Return why each offer is not taken, if it is not, as numbers in ``REASONS``.

    Args:
        offers: The offers.
        bids: The requests by side.
        members: The PoDs of each group.
        idle: Whether an offer changes nothing.
    """
    reasons = (offers.price > offers.best).astype(np.int8)  # not needed, or above the limit
    lost = (np.isneginf(offers.best) | idle) & np.isfinite(offers.price)
    for row in np.flatnonzero(lost.any(axis=1)).tolist():
        covered = np.isfinite(offers.best[row])
        for bid in bids[int(offers.side[row]) ^ 1]:
            covered |= members[bid.group, offers.pod[row]]
        reasons[row, lost[row]] = np.where(covered[lost[row]], WRONG_DIRECTION, NO_REQUEST)
    return reasons


def _bids_by_side(
    asks: Iterable[Ask], pods: int, *, together: bool
) -> tuple[list[list[_Bid]], Flags]:
    """Return the requests by side, one without a need in both; and the PoDs of each group.

    Args:
        asks: The requests in order.
        pods: How many points of delivery there are.
        together: Whether those of one kind, limit and group make one bid.
    """
    found: list[list[_Bid]] = [[] for _ in range(SIDES * LONGEST_DAY)]
    equals: dict[tuple[int, ServiceType, float, bytes], _Bid] = {}
    groups: dict[int, int] = {}
    members: list[Flags] = []
    for number, ask in enumerate(asks):
        group = groups.get(id(ask.group))
        if group is None:
            group = groups[id(ask.group)] = len(members)
            members.append(np.zeros(pods, dtype=np.bool_))
            members[group][ask.group] = True
        both = abs(ask.need_kw) <= DUST_KW
        for raising in (False, True) if both else (ask.need_kw > 0,):
            side = ask.index * SIDES + raising
            bid = _Bid([number], [abs(ask.need_kw)], ask.limit, group)
            if together:
                key = side, ask.service.service_type, ask.limit, ask.group.tobytes()
                like = equals.setdefault(key, bid)
                if like is not bid:
                    like.numbers.append(number)
                    like.needs_kw.append(abs(ask.need_kw))
                    continue
            found[side].append(bid)
    return found, np.array(members, dtype=np.bool_).reshape(-1, pods)
