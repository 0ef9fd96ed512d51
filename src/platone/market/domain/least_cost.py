"""The decision at least cost: all requests and limits of the grid of a quarter-hour at once.

A change counts for every request whose group it lies in, whoever else wanted it too, and for each
limit of the grid by its effect there. Of all sets of changes the one is taken that costs least:

    least  sum price * volume + sum limit * unmet need + sum price of relief * unmet relief

Every offer has one price: the sum of its worth to those who ask, which is a request's shadow price
for each kW within its group, and a limit's for each unit of effect. Prices and volumes are set to
a grid, so that the last digits of a solver do not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.asked import (
    GRAIN_KW,
    STEPS,
    AskedRows,
    Solved,
    cost_of,
    crumbs,
    list_asked,
    settled,
    without,
)
from platone.market.domain.decision import (
    DUST_KW,
    GRID_LIMIT,
    LEAST_TRADE_KW,
    NO_REQUEST,
    NOT_NEEDED,
    PRICE_ABOVE_LIMIT,
    REQUEST_NOT_MET,
    WRONG_DIRECTION,
    Decision,
)
from platone.market.domain.linear_program import Program, solve
from platone.market.domain.linked_orders import UNLINKED, LinkedOrders
from platone.market.domain.linked_outcome import LinkedTrades, explain_durations
from platone.market.domain.linked_program import Quarter, shifted, solve_joined
from platone.market.domain.offer_book import SIDES, OfferBook
from platone.market.domain.order_book import LONGEST_DAY, Ask, Kilowatts, PodTable, Rows
from platone.messages.clearing import GridLimit, Pricing, ShadowPrice


def decide_at_least_cost(
    book: OfferBook,
    asks: Sequence[Ask],
    limits: Sequence[GridLimit],
    table: PodTable,
    pricing: Pricing,
    orders: LinkedOrders = UNLINKED,
) -> tuple[Decision, list[ShadowPrice], LinkedTrades]:
    """Return the decision at least cost, the shadow price of each request and limit, and links.

    Args:
        book: The offers.
        asks: The requests.
        limits: The limits of the grid; as buyers they are counted after the requests.
        table: The points of delivery.
        pricing: How trades are priced.
        orders: The offers with terms; the quarter-hours that they join are decided together.

    Raises:
        ClearingFailed: There is no decision that keeps all limits, or it was not found in time.
    """
    side, order = book.merit_order()
    bounds = np.searchsorted(side, np.arange(0, SIDES * LONGEST_DAY + 1, SIDES)).tolist()
    found = _Found.empty(book, order)
    shadows: list[ShadowPrice] = []
    trades = LinkedTrades([], [])

    def quarter(index: int) -> Quarter:
        start, end = bounds[index : index + 2]
        rows = order[start:end]
        return Quarter(index, start, rows, list_asked(index, book, rows, asks, limits, table))

    for index in range(LONGEST_DAY):
        together = [quarter(each) for each in orders.joined.get(index, (index,))]
        if together[0].index < index or not any(each.asked.buyers for each in together):
            continue
        payers: dict[int, int] = {}
        if index in orders.joined:
            solutions, results = solve_joined(together, orders, book)
            payers = trades.add(results, together, solutions, orders.activations)
            together = shifted(together, results)
        else:
            solutions = [_solve(each.asked, book, each.rows) for each in together]
        for each, solved in zip(together, solutions, strict=True):
            found.add(each, solved, pricing, payers)
            shadows += _told(each, solved, asks, limits)
    trades.explain(found.reason, order, found.gain)
    explain_durations(orders.activations, found.reason, order, found.gain, found.left_kw, book)
    shadows.sort(key=attrgetter("index"))
    return found.decision(), shadows, trades


def _solve(asked: AskedRows, book: OfferBook, rows: Rows) -> Solved:
    """Return the least solution of a quarter-hour, its digits set to the grid.

    What would be sold less than a watt of is not sold, and sets no price: what is asked is counted
    less by it, and by half a grain, so that the last offer that is sold decides the price.
    """
    price, offered_kw = book.price[rows], np.abs(book.change_kw[rows])
    left_kw = offered_kw.copy()
    volume_kw, duals = _solve_once(asked, price, left_kw)
    while (few := crumbs(volume_kw)).any():
        left_kw[few] = 0.0
        done = asked.effect @ np.where(few, volume_kw + GRAIN_KW / 2, 0.0)
        least, most = without(done, asked.least, asked.most)
        asked = replace(asked, least=least, most=most)
        volume_kw, duals = _solve_once(asked, price, left_kw)
    return Solved(settled(volume_kw, offered_kw), np.rint(duals) / STEPS)


def _solve_once(
    asked: AskedRows, price: Kilowatts, offered_kw: Kilowatts
) -> tuple[Kilowatts, Kilowatts]:
    """Return the volume of each offer at least cost, and the dual of each row."""
    elastic = np.flatnonzero((asked.spare > 0) & np.isfinite(asked.worth))
    slack = np.zeros((len(asked.buyers), len(elastic)))
    slack[elastic, np.arange(len(elastic))] = np.where(asked.least[elastic] > 0, 1.0, -1.0)
    program = Program(
        cost=np.concatenate([cost_of(price), asked.worth[elastic] * STEPS]),
        upper=np.concatenate([offered_kw, asked.spare[elastic]]),
        matrix=np.hstack([asked.effect, slack]),
        least=asked.least,
        most=asked.most,
    )
    found, duals = solve(program)
    return found[: len(price)], duals


def _told(
    quarter: Quarter, solved: Solved, asks: Sequence[Ask], limits: Sequence[GridLimit]
) -> list[ShadowPrice]:
    """Return the shadow prices of a quarter-hour, with how much of what was asked is missing."""
    index, asked = quarter.index, quarter.asked
    done = asked.effect @ solved.volume_kw
    missing = np.maximum(0.0, np.maximum(asked.least - done, done - asked.most))
    missing = np.where(missing < LEAST_TRADE_KW, 0.0, np.rint(missing / GRAIN_KW) * GRAIN_KW)
    told = []
    for number, price, lacking in zip(
        asked.buyers, np.abs(solved.shadow).tolist(), missing.tolist(), strict=True
    ):
        if number < len(asks):
            service = asks[number].service
            names = service.player_id, service.player_service_id, asks[number].unit
        else:
            limit = limits[number - len(asks)]
            names = limit.player_id, limit.element, limit.unit
        player, name, unit = names
        told.append(
            ShadowPrice(
                index=index, player_id=player, name=name, unit=unit, price=price, missing=lacking
            )
        )
    return told


@dataclass(slots=True)
class _Found:
    """The decision as it grows, quarter-hour by quarter-hour."""

    order: Rows
    price: Kilowatts
    left_kw: Kilowatts
    reason: NDArray[np.int8]
    gain: Kilowatts
    trades: list[tuple[int, float, float, int]]

    @classmethod
    def empty(cls, book: OfferBook, order: Rows) -> "_Found":
        """Return the decision in which nothing was asked."""
        reason = np.full(len(order), NO_REQUEST, dtype=np.int8)
        none = np.full(len(order), -np.inf)
        return cls(order, book.price[order], np.abs(book.change_kw[order]), reason, none, [])

    def add(
        self, quarter: Quarter, solved: Solved, pricing: Pricing, payers: Mapping[int, int]
    ) -> None:
        """Add the trades and reasons of a quarter-hour.

        Args:
            quarter: The quarter-hour.
            solved: Its solution.
            pricing: How trades are priced.
            payers: Who buys most of each linked offer, by row of the book: who pays it also in a
                quarter-hour where it is worth nothing to anyone.
        """
        asked, start = quarter.asked, quarter.start
        it = slice(start, start + len(solved.volume_kw))
        bid = self.price[it]
        worth = asked.effect * solved.shadow[:, None]
        price = np.rint(worth.sum(axis=0) * STEPS) / STEPS
        self.left_kw[it] -= solved.volume_kw
        at_bid = (pricing is Pricing.AS_BID) | (self.left_kw[it] > DUST_KW)  # so is the last part
        paid = np.where(at_bid, bid, np.maximum(price, bid))
        reasons = _reasons(asked, worth, bid)
        if solved.unserved is not None:
            waits = solved.unserved[:, None] & (asked.effect > 0) & (bid <= asked.worth[:, None])
            reasons[waits.any(axis=0) & (reasons == NOT_NEEDED)] = REQUEST_NOT_MET
        self.reason[it] = reasons
        self.gain[it] = price - bid
        served = asked.effect if solved.unserved is None else asked.effect.copy()
        if solved.unserved is not None:
            served[solved.unserved] = 0.0
        for place in np.flatnonzero(solved.volume_kw > 0).tolist():
            row = int(quarter.rows[place])
            shares = _shares(worth[:, place], asked, served[:, place], payers.get(row))
            for buyer, share in shares:
                volume_kw = float(solved.volume_kw[place]) * share
                self.trades.append((start + place, volume_kw, float(paid[place]), buyer))

    def decision(self) -> Decision:
        """Return the decision."""
        places, volumes_kw, prices, buyers = (
            zip(*self.trades, strict=True) if self.trades else ((), (), (), ())
        )
        return Decision(
            order=self.order,
            left_kw=self.left_kw,
            reason=self.reason,
            place=np.array(places, dtype=np.intp),
            volume_kw=np.array(volumes_kw, dtype=np.float64),
            price=np.array(prices, dtype=np.float64),
            buyer=np.array(buyers, dtype=np.intp),
            trades=np.ones(len(places), dtype=np.intp),
        )


def _shares(
    worth: Kilowatts, asked: AskedRows, effect: Kilowatts, payer: int | None
) -> list[tuple[int, float]]:
    """Return who pays an offer, and which share of it: each in proportion to what it is worth."""
    gains = np.maximum(worth, 0.0)
    if not gains.any():  # nothing is scarce: the first whom it serves
        first = asked.buyers[int(np.argmax(effect > 0))] if payer is None else payer
        return [(first, 1.0)]
    shares = gains / gains.sum()
    return [(asked.buyers[row], float(shares[row])) for row in np.flatnonzero(shares).tolist()]


def _reasons(asked: AskedRows, worth: Kilowatts, bid: Kilowatts) -> NDArray[np.int8]:
    """Return why each offer is not taken, if it is not."""
    wanted = asked.missing()[:, None] > 0
    helps = wanted & (np.where(asked.least[:, None] > 0, asked.effect, -asked.effect) > 0)
    best = np.where(helps, np.minimum(asked.worth, 1e9)[:, None] * np.abs(asked.effect), 0.0)
    touched = (wanted & (asked.effect != 0)).any(axis=0)
    blocked = np.minimum(worth, 0.0).sum(axis=0) < 0
    return np.select(
        [
            ~touched,
            ~helps.any(axis=0),
            bid > best.sum(axis=0),
            blocked & (np.maximum(worth, 0.0).sum(axis=0) >= bid),
        ],
        [NO_REQUEST, WRONG_DIRECTION, PRICE_ABOVE_LIMIT, GRID_LIMIT],
        default=NOT_NEEDED,
    ).astype(np.int8)
