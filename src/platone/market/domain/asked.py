"""Requests and limits of the grid in a quarter-hour, as rows of a program."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from platone.market.domain.decision import DUST_KW, LEAST_TRADE_KW
from platone.market.domain.offer_book import OfferBook
from platone.market.domain.order_book import Ask, Kilowatts, PodTable, Rows
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.clearing import GridLimit

STEPS = 1e6
"""Millionths of EUR/kWh in one: the steps of prices."""
GRAIN_KW = 2.0**-20
"""Step of volumes, about a milliwatt: far coarser than a solver's error. It is no decimal number,
so that volumes of few decimals do not lie halfway between two steps."""
_HAIR = 0.01
"""Steps of price by which all places of the order together differ: too few to change a price."""


@dataclass(frozen=True, slots=True)
class AskedRows:
    """The rows of one quarter-hour's program: what is asked, by requests and limits of the grid.

    Attributes:
        buyers: Number of who asks, by row.
        worth: Most that one unit of it is worth, EUR/h; infinite where it must hold.
        spare: Most that may be missing of it: a request may go without and lose more to others, a
            limit that is broken gets no worse.
        per_pod: What one kW more of each point of delivery does for it, shape (rows, pods).
        effect: What one kW of each offer does for it, shape (rows, offers).
        least: Least sum of effects.
        most: Most of it.
    """

    buyers: list[int]
    worth: Kilowatts
    spare: Kilowatts
    per_pod: Kilowatts
    effect: Kilowatts
    least: Kilowatts
    most: Kilowatts

    def missing(self) -> Kilowatts:
        """Return how much of each row is missing where nothing is sold."""
        return np.maximum(0.0, np.maximum(self.least, -self.most))

    def shifted(self, done: Kilowatts) -> "AskedRows":
        """Return the rows that are left after something has been done for each."""
        return replace(self, least=self.least - done, most=self.most - done)


@dataclass(frozen=True, slots=True)
class Solved:
    """The solution of a quarter-hour.

    Attributes:
        volume_kw: The volume of each offer.
        shadow: The shadow price of each row.
        unserved: The rows of requests that are not met, as so much was not to be had; none: none.
    """

    volume_kw: Kilowatts
    shadow: Kilowatts
    unserved: NDArray[np.bool_] | None = None


def list_asked(
    index: int,
    book: OfferBook,
    rows: Rows,
    asks: Sequence[Ask],
    limits: Sequence[GridLimit],
    table: PodTable,
) -> AskedRows:
    """Return the requests and limits of a quarter-hour as rows of its program."""
    sign, pods = np.where(book.change_kw[rows] > 0, 1.0, -1.0), book.pod[rows]
    buyers: list[int] = []
    parts: list[tuple[float, float, Kilowatts, float, float]] = []
    for number, ask in enumerate(asks):
        if ask.index == index and abs(ask.need_kw) > DUST_KW:
            member = np.zeros(len(table.pods))
            member[ask.group] = 1.0 if ask.need_kw > 0 else -1.0
            buyers.append(number)
            parts.append((ask.limit, np.inf, member, abs(ask.need_kw), np.inf))
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
            parts.append((worth, spare, effect, least, most))
    worths, spares, effects, leasts, mosts = zip(*parts, strict=True) if parts else ((),) * 5
    per_pod = np.array(effects, dtype=np.float64).reshape(len(buyers), len(table.pods))
    return AskedRows(
        buyers,
        np.array(worths, dtype=np.float64),
        np.array(spares, dtype=np.float64),
        per_pod,
        per_pod[:, pods] * sign,
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


def cost_of(price: Kilowatts) -> Kilowatts:
    """Return the costs of one kW of offers in merit order, told apart by a hair of their place."""
    return np.rint(price * STEPS) + _HAIR * np.arange(1, len(price) + 1) / max(1, len(price))


def crumbs(volume_kw: Kilowatts) -> NDArray[np.bool_]:
    """Return which of a solver's volumes are above zero, and too small to be sold."""
    return (volume_kw > GRAIN_KW / 2) & (volume_kw < LEAST_TRADE_KW)


def without(done: Kilowatts, least: Kilowatts, most: Kilowatts) -> tuple[Kilowatts, Kilowatts]:
    """Return the bounds of rows less what crumbs did for them, which are not sold.

    Who sells nothing keeps a row before and after: room of less than a watt becomes none, not a
    want of room that nobody could cure.

    Args:
        done: What the crumbs did for each row.
        least: Lower bounds.
        most: Upper bounds.
    """
    lower, upper = np.maximum(least, 0.0), np.minimum(most, 0.0)
    return np.minimum(least - done, lower), np.maximum(most - done, upper)


def settled(volume_kw: Kilowatts, offered_kw: Kilowatts) -> Kilowatts:
    """Return a solver's volumes set to the grid: all, nothing, or whole grains."""
    grains_kw = np.rint(volume_kw / GRAIN_KW) * GRAIN_KW
    grains_kw = np.where(offered_kw - volume_kw <= GRAIN_KW, offered_kw, grains_kw)
    grains_kw[grains_kw < LEAST_TRADE_KW] = 0.0
    return grains_kw
