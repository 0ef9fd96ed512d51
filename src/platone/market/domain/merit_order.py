"""The decision by merit order: which requests take which offers, in columns.

One sort puts the offers of each quarter-hour and direction (a *side*) in a row, by price. No side
touches another, so the first request of every side is served at once, then the second of those that
have one, and so on. A round, for the requests that it serves:

    covered  offers of the request's group      able  those within its limit
    until    what able offers give together, up to each
    taken    able offers while until is below the need; the next one in part
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.bid import Bids, bids_by_side
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

Flags = NDArray[np.bool_]
Number = TypeVar("Number", np.int8, np.float64)

_BLOCK = 1 << 16
"""Offers that are decided at once: their columns stay in a processor's cache."""


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


@dataclass(frozen=True, slots=True)
class _Round:
    """The purchases of one round: each request is the next one of its row.

    Attributes:
        bids: The requests that were served.
        rows: The row of each.
        able: Whether each could have bought each of its row's offers, shape (bids, width).
        bounds: Where the offers that each takes begin, and where the last ones end.
        taken: Places in the row of the offers taken.
        volumes_kw: How much of each is taken.
    """

    bids: Rows
    rows: Rows
    able: Flags
    bounds: Rows
    taken: Rows
    volumes_kw: Kilowatts

    def purchases(self, bids: Bids, offers: _Offers) -> Iterator["_Sale"]:
        """Yield the purchase of each request that takes something."""
        bounds = self.bounds.tolist()
        for at in np.flatnonzero(np.diff(self.bounds)).tolist():
            bid, row = int(self.bids[at]), int(self.rows[at])
            taken = self.taken[bounds[at] : bounds[at + 1]]
            dearest = float(offers.price[row, taken[-1]])
            purchase = Purchase(float(bids.limit[bid]), dearest, taken, self.able[at])
            for number, kw in bids.parts(bid, self.volumes_kw[bounds[at] : bounds[at + 1]]):
                yield _Sale(number, row, purchase, kw)


@dataclass(frozen=True, slots=True)
class _Sale:
    """A purchase of one request in one row, and how much it takes of each offer."""

    number: int
    row: int
    purchase: Purchase
    volumes_kw: Kilowatts


@dataclass(slots=True)
class _Trades:
    """The trades so far: places of offers, volumes and prices; buyers with how many each has."""

    places: list[Rows] = field(default_factory=lambda: [np.empty(0, dtype=np.intp)])
    volumes_kw: list[Kilowatts] = field(default_factory=lambda: [np.empty(0)])
    prices: list[Kilowatts] = field(default_factory=lambda: [np.empty(0)])
    buyers: list[Rows] = field(default_factory=lambda: [np.empty(0, dtype=np.intp)])
    counts: list[Rows] = field(default_factory=lambda: [np.empty(0, dtype=np.intp)])

    def add(self, rounds: Sequence[_Round], bids: Bids, offers: _Offers, rules: Pricing) -> None:
        """Add the purchases of some rounds; where no row has two of them, all at once."""
        served = np.concatenate([each.rows[np.diff(each.bounds) > 0] for each in rounds])
        is_plain = not bids.sharers and np.bincount(served, minlength=1).max() < 2  # noqa: PLR2004
        if is_plain:
            for each in rounds:
                self._add_round(each, bids, offers, rules)
        else:
            self._add_rivals(
                [s for each in rounds for s in each.purchases(bids, offers)], offers, rules
            )

    def _add_round(self, each: _Round, bids: Bids, offers: _Offers, rules: Pricing) -> None:
        """Add purchases that compete with no other one: each pays its dearest offer."""
        counts = np.diff(each.bounds)
        bought = np.flatnonzero(counts)
        counts = counts[bought]
        row = np.repeat(each.rows[bought], counts)
        price = offers.price[row, each.taken]
        if rules is Pricing.AS_CLEARED:
            price = np.repeat(price[each.bounds[bought + 1] - 1], counts)
        self.places.append(offers.start[row] + each.taken)
        self.volumes_kw.append(each.volumes_kw)
        self.prices.append(price)
        self.buyers.append(bids.number[each.bids[bought]])
        self.counts.append(counts)

    def _add_rivals(self, sales: Sequence[_Sale], offers: _Offers, rules: Pricing) -> None:
        """Add purchases of which some compete: they share a price where that is fair."""
        shared = [sale.purchase.dearest for sale in sales]
        by_row: dict[int, list[int]] = {}
        for place, sale in enumerate(sales):
            by_row.setdefault(sale.row, []).append(place)
        for places in by_row.values():
            rivals = [sales[place].purchase for place in places]
            for place, price in zip(places, share_prices(rivals, offers.pod.shape[1]), strict=True):
                shared[place] = price
        for sale, price in zip(sales, shared, strict=True):
            taken = sale.purchase.taken
            own = offers.price[sale.row][taken]
            self.places.append(offers.start[sale.row] + taken)
            self.volumes_kw.append(sale.volumes_kw)
            self.prices.append(own if rules is Pricing.AS_BID else np.full(len(taken), price))
        self.buyers.append(np.array([sale.number for sale in sales], dtype=np.intp))
        self.counts.append(np.array([len(sale.purchase.taken) for sale in sales], dtype=np.intp))


def decide(book: OfferBook, asks: Sequence[Ask], pods: int, rules: ClearingRules) -> Decision:
    """Return the decision by merit order.

    Args:
        book: The offers.
        asks: The requests in the order in which they are served.
        pods: How many points of delivery the session has.
        rules: How trades are priced, and equals treated.
    """
    side, order = book.merit_order()
    bids, members = bids_by_side(asks, pods, together=rules.ties is Ties.PRO_RATA)
    trades = _Trades()
    left_kw, reason = [np.empty(0)], [np.empty(0, dtype=np.int8)]
    for sides, bounds in _blocks(side):
        offers = _Offers.arranged(book, order, sides, bounds)
        idle = offers.left_kw <= DUST_KW
        if rounds := _serve(offers, bids, members, rules.ties):
            trades.add(rounds, bids, offers, rules.pricing)
        left_kw.append(offers.flat(offers.left_kw))
        reason.append(offers.flat(_reasons(offers, bids, members, idle)))
    return Decision(
        order=order,
        left_kw=np.concatenate(left_kw),
        reason=np.concatenate(reason),
        place=np.concatenate(trades.places),
        volume_kw=np.concatenate(trades.volumes_kw),
        price=np.concatenate(trades.prices),
        buyer=np.concatenate(trades.buyers),
        trades=np.concatenate(trades.counts),
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


def _serve(offers: _Offers, bids: Bids, members: Flags, ties: Ties) -> list[_Round]:
    """Sell to the requests of some sides, the first of each at once, then the second, and so on."""
    start, end = np.searchsorted(bids.side, (offers.side[0], offers.side[-1] + 1))
    mine = np.arange(start, end)
    row_of = np.full(SIDES * LONGEST_DAY, -1)
    row_of[offers.side] = np.arange(len(offers.side))
    mine = mine[row_of[bids.side[mine]] >= 0]
    return [
        _serve_each(offers, row_of[bids.side[now]], bids, now, members, ties)
        for turn in range(int(bids.turn[mine].max(initial=-1)) + 1)
        for now in (mine[bids.turn[mine] == turn],)
    ]


def _serve_each(
    offers: _Offers, rows: Rows, bids: Bids, now: Rows, members: Flags, ties: Ties
) -> _Round:
    """Sell one request of each of some rows what it needs."""
    chosen: slice | Rows = slice(None) if len(rows) == len(offers.side) else rows
    price, left_kw = offers.price[chosen], offers.left_kw[chosen]
    limit, need_kw = bids.limit[now][:, None], bids.need_kw[now]
    covered = members.ravel().take(offers.pod[chosen] + bids.group[now][:, None] * members.shape[1])
    best = offers.best[chosen]
    offers.best[chosen] = np.maximum(best, limit, out=best, where=covered)
    able = covered & (price <= limit)
    parts_kw = np.where(able & (left_kw >= LEAST_TRADE_KW), left_kw, 0.0)
    until_kw = np.cumsum(parts_kw, axis=1)
    _cut(parts_kw, until_kw, need_kw, price, ties)
    offers.left_kw[chosen] = left_kw - parts_kw
    where, taken = np.nonzero(parts_kw)
    bounds = np.searchsorted(where, np.arange(len(rows) + 1))
    return _Round(now, rows, able, bounds, taken, parts_kw[where, taken])


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
    enough = until_kw >= (need_kw - DUST_KW)[:, None]
    last = enough.argmax(axis=1)
    rows = np.flatnonzero(enough[np.arange(len(last)), last])
    last = last[rows]
    whole_kw = parts_kw[rows] if ties is Ties.PRO_RATA else parts_kw[rows, last]
    before_kw = np.where(last > 0, until_kw[rows, last - 1], 0.0)
    part_kw = need_kw[rows] - before_kw
    parts_kw[rows] *= np.arange(parts_kw.shape[1]) < last[:, None]
    large = part_kw >= LEAST_TRADE_KW
    if ties is Ties.BY_TIME:
        cut_kw = np.where(part_kw < whole_kw - DUST_KW, part_kw, whole_kw)
        parts_kw[rows[large], last[large]] = cut_kw[large]
        return
    for place in np.flatnonzero(large).tolist():
        row = int(rows[place])
        equal = (price[row] == price[row, last[place]]) & (whole_kw[place] > 0)
        first = int(np.argmax(equal))
        cheaper_kw = float(until_kw[row, first - 1]) if first else 0.0
        share = min(1.0, (need_kw[row] - cheaper_kw) / math.fsum(whole_kw[place][equal]))
        parts_kw[row, equal] = whole_kw[place][equal] * share


def _reasons(offers: _Offers, bids: Bids, members: Flags, idle: Flags) -> NDArray[np.int8]:
    """Return why each offer is not taken, if it is not, as numbers in ``REASONS``.

    Args:
        offers: The offers.
        bids: The requests.
        members: The PoDs of each group.
        idle: Whether an offer changes nothing.
    """
    reasons = (offers.price > offers.best).astype(np.int8)  # not needed, or above the limit
    lost = (np.isneginf(offers.best) | idle) & np.isfinite(offers.price)
    for row in np.flatnonzero(lost.any(axis=1)).tolist():
        covered = np.isfinite(offers.best[row])
        for bid in bids.of(int(offers.side[row]) ^ 1):
            covered |= members[bids.group[bid], offers.pod[row]]
        reasons[row, lost[row]] = np.where(covered[lost[row]], WRONG_DIRECTION, NO_REQUEST)
    return reasons
