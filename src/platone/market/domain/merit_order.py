"""The decision by merit order: which requests take which offers, in columns.

One sort puts the offers of each quarter-hour and direction in a row, by price. Then each request
walks over its own row with whole arrays: n log n in the number of offers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.offer_book import SIDES, OfferBook
from platone.market.domain.order_book import LONGEST_DAY, Ask, Kilowatts, Rows
from platone.market.domain.price import Purchase, share_prices
from platone.market.domain.rejection import Rejection

Number = TypeVar("Number", np.intp, np.float64)

DUST_KW = 1e-9
"""A millionth of a watt: less than this is rounding, and no volume."""
LEAST_TRADE_KW = 0.001
"""A watt: no part of an offer below it is sold, so that a milliwatt sets no price. Meters count
whole watt-hours, and one in a quarter-hour is 4 W."""

REASONS = (
    Rejection.NOT_NEEDED,
    Rejection.PRICE_ABOVE_LIMIT,
    Rejection.WRONG_DIRECTION,
    Rejection.NO_REQUEST,
)
"""The reasons by their number in a decision, the most favourable first."""
_NOT_NEEDED, _PRICE_ABOVE_LIMIT, _WRONG_DIRECTION, _NO_REQUEST = range(len(REASONS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The trades of a session, in columns, and what becomes of the rest.

    Attributes:
        order: Rows of the book in merit order; all places below are places in it.
        left_kw: The unsold part of each offer, without a sign, shape (offers,).
        reason: Number in ``REASONS`` of why an offer is not taken, if it is not, shape (offers,).
        place: Place of the offer of each trade, by quarter-hour, direction, then in the order of
            serving, shape (trades,).
        volume_kw: Its change from the baseline, without a sign, shape (trades,).
        ask: Numbers of the requests that buy, in that order, shape (purchases,).
        trades: How many trades each of them has, shape (purchases,).
        price: The price that each of them pays, EUR/kWh, shape (purchases,).
    """

    order: Rows
    left_kw: Kilowatts
    reason: NDArray[np.int8]
    place: Rows
    volume_kw: Kilowatts
    ask: Rows
    trades: Rows
    price: Kilowatts


@dataclass(frozen=True, slots=True)
class _Bid:
    """A request as it stands in one direction.

    Attributes:
        number: Its place among all requests.
        ask: The request.
        member: Whether a PoD is of its group, by row of the PoD.
    """

    number: int
    ask: Ask
    member: NDArray[np.bool_]


@dataclass(slots=True)
class _Side:
    """The offers of one direction in one quarter-hour, by merit, and what is taken of them.

    Attributes:
        left_kw: The unsold part of each yet, without a sign.
        price: EUR/kWh.
        pod: Rows of the PoDs.
        best: The best limit among the requests that cover the offer.
        numbers: The requests that took anything, in order.
        purchases: What each of them took.
        parts_kw: How much of each.
    """

    left_kw: Kilowatts
    price: Kilowatts
    pod: Rows
    best: Kilowatts
    numbers: list[int] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    parts_kw: list[Kilowatts] = field(default_factory=list)

    def serve(self, bid: _Bid) -> None:
        """Sell a request what it needs."""
        limit = bid.ask.limit
        covered = bid.member[self.pod]
        np.maximum(self.best, limit, out=self.best, where=covered)
        able = covered[: np.searchsorted(self.price, limit, side="right")]
        places = np.flatnonzero(able & (self.left_kw[: len(able)] >= LEAST_TRADE_KW))
        parts_kw = _fill(abs(bid.ask.need_kw), self.left_kw[places])
        if parts_kw.size:
            taken = places[: parts_kw.size]
            self.left_kw[taken] -= parts_kw
            self.numbers.append(bid.number)
            self.purchases.append(Purchase(limit, float(self.price[taken[-1]]), taken, able))
            self.parts_kw.append(parts_kw)

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
            reasons[lost] = np.where(covered[lost], _WRONG_DIRECTION, _NO_REQUEST)
        return reasons


@dataclass(slots=True)
class _Sales:
    """The sales so far: places of offers, volumes, requests and prices, one a purchase."""

    places: list[Rows] = field(default_factory=list)
    volumes_kw: list[Kilowatts] = field(default_factory=list)
    asks: list[int] = field(default_factory=list)
    prices: list[float] = field(default_factory=list)

    def add(self, side: _Side, start: int) -> None:
        """Add what is sold of one direction in one quarter-hour, whose places begin at a start."""
        self.places.extend(start + purchase.taken for purchase in side.purchases)
        self.volumes_kw.extend(side.parts_kw)
        self.asks.extend(side.numbers)
        self.prices.extend(share_prices(side.purchases, len(side.pod)))


def decide(book: OfferBook, asks: list[Ask], pods: int) -> Decision:
    """Return the decision by merit order.

    Args:
        book: The offers.
        asks: The requests in the order in which they are served.
        pods: How many points of delivery the session has.
    """
    side, order = book.merit_order()
    bids = _bids_by_side(asks, pods)
    bounds = np.searchsorted(side, np.arange(SIDES * LONGEST_DAY + 1)).tolist()
    left_kw, price, pod = np.abs(book.change_kw[order]), book.price[order], book.pod[order]
    idle, reason = left_kw <= DUST_KW, np.empty(len(order), dtype=np.int8)
    best = np.full(len(order), -np.inf)
    sales = _Sales()
    for number, (start, end) in enumerate(pairwise(bounds)):
        if start == end:
            continue
        it = slice(start, end)
        offers = _Side(left_kw[it], price[it], pod[it], best[it])
        for bid in bids[number]:
            offers.serve(bid)
        sales.add(offers, start)
        reason[it] = offers.reasons(bids[number ^ 1], idle[it])
    return Decision(
        order=order,
        left_kw=left_kw,
        reason=reason,
        place=_joined(sales.places, np.intp),
        volume_kw=_joined(sales.volumes_kw, np.float64),
        ask=np.array(sales.asks, dtype=np.intp),
        trades=np.array([len(places) for places in sales.places], dtype=np.intp),
        price=np.array(sales.prices, dtype=np.float64),
    )


def _bids_by_side(asks: Iterable[Ask], pods: int) -> list[list[_Bid]]:
    """Return the requests by quarter-hour and direction; one without a need stands in both."""
    found: list[list[_Bid]] = [[] for _ in range(SIDES * LONGEST_DAY)]
    members: dict[int, NDArray[np.bool_]] = {}
    for number, ask in enumerate(asks):
        member = members.get(id(ask.group))
        if member is None:
            member = members[id(ask.group)] = np.zeros(pods, dtype=np.bool_)
            member[ask.group] = True
        both = abs(ask.need_kw) <= DUST_KW
        for raising in (False, True) if both else (ask.need_kw > 0,):
            found[ask.index * SIDES + raising].append(_Bid(number, ask, member))
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
