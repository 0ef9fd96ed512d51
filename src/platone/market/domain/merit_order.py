"""The decision by merit order: which requests take which offers, in columns.

One sort puts the offers of each quarter-hour and direction in a row, by price. Then each request
walks over its own row with whole arrays: n log n in the number of offers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.offer_book import SIDES, OfferBook
from platone.market.domain.order_book import LONGEST_DAY, Ask, Kilowatts, Rows
from platone.market.domain.price import Purchase, share_prices
from platone.market.domain.rejection import Rejection

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
        ask: Number of the request of each trade, in the order of serving, shape (trades,).
        row: Row of its offer in the book, shape (trades,).
        change_kw: Its change from the baseline, load convention, shape (trades,).
        price: EUR/kWh, shape (trades,).
        left_kw: What is unsold of each offer, without a sign, shape (offers,).
        reason: Number in ``REASONS`` of why an offer is not taken, if it is not, shape (offers,).
    """

    ask: Rows
    row: Rows
    change_kw: Kilowatts
    price: Kilowatts
    left_kw: Kilowatts
    reason: NDArray[np.int8]


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
        left_kw: What is unsold yet, without a sign.
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


def decide(book: OfferBook, asks: list[Ask], pods: int) -> Decision:
    """Return the decision by merit order.

    Args:
        book: The offers.
        asks: The requests in the order in which they are served.
        pods: How many points of delivery the session has.
    """
    order = book.merit_order()
    bids = _bids_by_side(asks, pods)
    bounds = np.searchsorted(book.side()[order], np.arange(SIDES * LONGEST_DAY + 1)).tolist()
    left_kw, price, pod = np.abs(book.change_kw)[order], book.price[order], book.pod[order]
    idle, reason = left_kw <= DUST_KW, np.empty(len(order), dtype=np.int8)
    best = np.full(len(order), -np.inf)
    trades: list[tuple[Rows, Rows, Kilowatts, Kilowatts]] = []
    for number, (start, end) in enumerate(pairwise(bounds)):
        if start == end:
            continue
        it = slice(start, end)
        side = _Side(left_kw[it], price[it], pod[it], best[it])
        for bid in bids[number]:
            side.serve(bid)
        trades.extend(_trades(side, order[it], sign=2 * (number % SIDES) - 1))
        reason[it] = side.reasons(bids[number ^ 1], idle[it])
    return _decision(order, left_kw, reason, trades)


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


def _trades(
    side: _Side, rows: Rows, *, sign: int
) -> Iterator[tuple[Rows, Rows, Kilowatts, Kilowatts]]:
    """Yield the trades of each request: its number, rows of offers, changes and prices."""
    prices = share_prices(side.purchases, len(rows))
    for number, bought, parts_kw, price in zip(
        side.numbers, side.purchases, side.parts_kw, prices, strict=True
    ):
        count = len(parts_kw)
        numbers = np.full(count, number, dtype=np.intp)
        yield numbers, rows[bought.taken], sign * parts_kw, np.full(count, price)


def _decision(
    order: Rows,
    left_kw: Kilowatts,
    reason: NDArray[np.int8],
    trades: list[tuple[Rows, Rows, Kilowatts, Kilowatts]],
) -> Decision:
    """Return the decision, with what is said of offers by their row in the book."""
    left_by_row, reason_by_row = np.empty_like(left_kw), np.empty_like(reason)
    left_by_row[order], reason_by_row[order] = left_kw, reason
    nothing = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
    ask, row, change_kw, price = (
        np.concatenate(column) for column in zip(nothing, *trades, strict=True)
    )
    return Decision(
        ask=ask,
        row=row,
        change_kw=change_kw,
        price=price,
        left_kw=left_by_row,
        reason=reason_by_row,
    )


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
