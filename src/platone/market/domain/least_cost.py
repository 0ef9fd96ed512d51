"""The decision at least cost: all requests and limits of the grid of a quarter-hour at once.

A change counts for every request whose group it lies in, whoever else wanted it too, and for each
limit of the grid by its effect there. Of all sets of changes the one is taken that costs least:

    least  sum price * volume + sum limit * unmet need + sum price of relief * unmet relief

Every offer has one price: the sum of its worth to those who ask, which is a request's shadow price
for each kW within its group, and a limit's for each unit of effect. Prices and volumes are set to
a grid, so that the last digits of a solver do not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.decision import (
    DUST_KW,
    GRID_LIMIT,
    LEAST_TRADE_KW,
    NO_REQUEST,
    NOT_NEEDED,
    PRICE_ABOVE_LIMIT,
    WRONG_DIRECTION,
    Decision,
)
from platone.market.domain.linear_program import Program, solve
from platone.market.domain.offer_book import SIDES, OfferBook
from platone.market.domain.order_book import LONGEST_DAY, Ask, Kilowatts, PodTable, Rows
from platone.market.domain.problem import RecordingInvalid
from platone.messages.clearing import GridLimit, Pricing, ShadowPrice

STEPS = 1e6
"""Millionths of EUR/kWh in one: the steps of prices."""
_GRAIN_KW = 2.0**-20
"""Step of volumes, about a milliwatt: far coarser than a solver's error. It is no decimal number,
so that volumes of few decimals do not lie halfway between two steps."""
_HAIR = 0.01
"""Steps of price by which all places of the order together differ: too few to change a price."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one quarter-hour's program: what is asked, by requests and limits of the grid.

    Attributes:
        buyers: Number of who asks, by row.
        worth: Most that one unit of it is worth, EUR/h; infinite where it must hold.
        spare: Most that may be missing of it: a request may go without and lose more to others, a
            limit that is broken gets no worse.
        effect: What one kW of each offer does for it, shape (rows, offers).
        least: Least sum of effects.
        most: Most of it.
    """

    buyers: list[int]
    worth: Kilowatts
    spare: Kilowatts
    effect: Kilowatts
    least: Kilowatts
    most: Kilowatts

    def missing(self) -> Kilowatts:
        """Return how much of each row is missing where nothing is sold."""
        return np.maximum(0.0, np.maximum(self.least, -self.most))


@dataclass(frozen=True, slots=True)
class _Solved:
    """The volumes of a quarter-hour's offers, and the shadow price of each row."""

    volume_kw: Kilowatts
    shadow: Kilowatts


def decide_at_least_cost(
    book: OfferBook,
    asks: Sequence[Ask],
    limits: Sequence[GridLimit],
    table: PodTable,
    pricing: Pricing,
) -> tuple[Decision, list[ShadowPrice]]:
    """Return the decision at least cost, and the shadow price of each request and limit.

    Args:
        book: The offers.
        asks: The requests.
        limits: The limits of the grid; as buyers they are counted after the requests.
        table: The points of delivery.
        pricing: How trades are priced.

    Raises:
        ClearingFailed: There is no decision that keeps all limits, or it was not found in time.
    """
    side, order = book.merit_order()
    bounds = np.searchsorted(side, np.arange(0, SIDES * LONGEST_DAY + 1, SIDES)).tolist()
    found = _Found.empty(book, order)
    shadows: list[ShadowPrice] = []
    for index, (start, end) in enumerate(pairwise(bounds)):
        rows = order[start:end]
        asked = _rows(index, book, rows, asks, limits, table)
        if not asked.buyers:
            continue
        solved = _solve(asked, book.price[rows], np.abs(book.change_kw[rows]))
        found.add(start, asked, solved, pricing)
        shadows += _told(index, asked, solved, asks, limits)
    return found.decision(), shadows


def _rows(
    index: int,
    book: OfferBook,
    rows: Rows,
    asks: Sequence[Ask],
    limits: Sequence[GridLimit],
    table: PodTable,
) -> _Rows:
    """Return the requests and limits of a quarter-hour as rows of its program."""
    sign, pods = np.where(book.change_kw[rows] > 0, 1.0, -1.0), book.pod[rows]
    buyers: list[int] = []
    parts: list[tuple[float, float, Kilowatts, float, float]] = []
    for number, ask in enumerate(asks):
        if ask.index == index and abs(ask.need_kw) > DUST_KW:
            member = np.zeros(len(table.pods))
            member[ask.group] = 1.0 if ask.need_kw > 0 else -1.0
            buyers.append(number)
            parts.append((ask.limit, np.inf, member[pods] * sign, abs(ask.need_kw), np.inf))
    for number, limit in enumerate(limits, len(asks)):
        if limit.index == index:
            effect = np.zeros(len(table.pods))
            for each in limit.effects:
                effect[table.row(each.pod)] += each.effect
            least = -np.inf if limit.least is None else limit.least
            most = np.inf if limit.most is None else limit.most
            worth = np.inf if limit.price is None else limit.price
            _check(limit, least, most)
            buyers.append(number)
            spare = max(0.0, least, -most)
            parts.append((worth, spare, effect[pods] * sign, least, most))
    worths, spares, effects, leasts, mosts = zip(*parts, strict=True) if parts else ((),) * 5
    return _Rows(
        buyers,
        np.array(worths, dtype=np.float64),
        np.array(spares, dtype=np.float64),
        np.array(effects, dtype=np.float64).reshape(len(buyers), len(rows)),
        np.array(leasts, dtype=np.float64),
        np.array(mosts, dtype=np.float64),
    )


def _check(limit: GridLimit, least: float, most: float) -> None:
    """Make sure that a limit can be met, or says what its relief is worth."""
    if least > most or ((least > 0 or most < 0) and limit.price is None):
        raise RecordingInvalid(
            f"{limit.element} at index {limit.index}: least is above most, or relief has no price.",
            element=limit.element,
            index=limit.index,
        )


def _solve(asked: _Rows, price: Kilowatts, offered_kw: Kilowatts) -> _Solved:
    """Return the least solution of a quarter-hour, its digits set to the grid."""
    elastic = np.flatnonzero((asked.spare > 0) & np.isfinite(asked.worth))
    slack = np.zeros((len(asked.buyers), len(elastic)))
    slack[elastic, np.arange(len(elastic))] = np.where(asked.least[elastic] > 0, 1.0, -1.0)
    hair = _HAIR * np.arange(1, len(price) + 1) / max(1, len(price))
    program = Program(
        cost=np.concatenate([np.rint(price * STEPS) + hair, asked.worth[elastic] * STEPS]),
        upper=np.concatenate([offered_kw, asked.spare[elastic]]),
        matrix=np.hstack([asked.effect, slack]),
        least=asked.least,
        most=asked.most,
    )
    found, duals = solve(program)
    volume_kw = found[: len(price)]
    settled_kw = np.rint(volume_kw / _GRAIN_KW) * _GRAIN_KW
    settled_kw = np.where(offered_kw - volume_kw <= _GRAIN_KW, offered_kw, settled_kw)
    settled_kw[settled_kw < LEAST_TRADE_KW] = 0.0
    return _Solved(settled_kw, np.rint(duals) / STEPS)


def _told(
    index: int,
    asked: _Rows,
    solved: _Solved,
    asks: Sequence[Ask],
    limits: Sequence[GridLimit],
) -> list[ShadowPrice]:
    """Return the shadow prices of a quarter-hour, with how much of what was asked is missing."""
    done = asked.effect @ solved.volume_kw
    missing = np.maximum(0.0, np.maximum(asked.least - done, done - asked.most))
    missing = np.where(missing < LEAST_TRADE_KW, 0.0, np.rint(missing / _GRAIN_KW) * _GRAIN_KW)
    told = []
    for number, price, lacking in zip(
        asked.buyers, np.abs(solved.shadow).tolist(), missing.tolist(), strict=True
    ):
        if number < len(asks):
            service = asks[number].service
            names = service.player_id, service.player_service_id, "kW"
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
    trades: list[tuple[int, float, float, int]]

    @classmethod
    def empty(cls, book: OfferBook, order: Rows) -> "_Found":
        """Return the decision in which nothing was asked."""
        reason = np.full(len(order), NO_REQUEST, dtype=np.int8)
        return cls(order, book.price[order], np.abs(book.change_kw[order]), reason, [])

    def add(self, start: int, asked: _Rows, solved: _Solved, pricing: Pricing) -> None:
        """Add the trades and reasons of a quarter-hour whose places begin at a start."""
        it = slice(start, start + len(solved.volume_kw))
        bid = self.price[it]
        worth = asked.effect * solved.shadow[:, None]
        price = np.rint(worth.sum(axis=0) * STEPS) / STEPS
        self.left_kw[it] -= solved.volume_kw
        at_bid = (pricing is Pricing.AS_BID) | (self.left_kw[it] > DUST_KW)  # so is the last part
        paid = np.where(at_bid, bid, np.maximum(price, bid))
        self.reason[it] = _reasons(asked, worth, bid)
        for place in np.flatnonzero(solved.volume_kw > 0).tolist():
            shares = _shares(worth[:, place], asked.effect[:, place])
            for row, share in shares:
                volume_kw = float(solved.volume_kw[place]) * share
                self.trades.append(
                    (start + place, volume_kw, float(paid[place]), asked.buyers[row])
                )

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


def _shares(worth: Kilowatts, effect: Kilowatts) -> list[tuple[int, float]]:
    """Return who pays an offer, and which share of it: each in proportion to what it is worth."""
    gains = np.maximum(worth, 0.0)
    if not gains.any():  # nothing is scarce: the first whom it serves
        return [(int(np.argmax(effect > 0)), 1.0)]
    shares = gains / gains.sum()
    return [(int(row), float(shares[row])) for row in np.flatnonzero(shares)]


def _reasons(asked: _Rows, worth: Kilowatts, bid: Kilowatts) -> NDArray[np.int8]:
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
