"""The settlement of many trades at once, in columns: the same integers as line by line.

A row is a point of delivery, a column a quarter-hour; each holds at most one trade. What a line
comes to is said in kernel/settlement_rule.py, and a test finds every number of these columns there.
Amounts are 64-bit whole numbers of 1e-12 EUR where they fit; where they would not, as with a
payment that slides, Python's own numbers are used.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from platone.kernel.settlement_rule import WHOLE_PPM
from platone.market.domain.settlement import MICRO

Whole = NDArray[np.int64]
"""Whole numbers."""
_QUARTER_KWH = MICRO / 4
"""Millionths of a kWh that a kW comes to in a quarter-hour."""
_ROWS = 256
"""Rows that are settled at once: their columns of a day are 200 kB each, which a cache holds."""
_MOST = 2**62
"""Bound of what a column's number may come to, half of what it can hold: sums of two fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of each point of delivery's agreement, one number a row.

    Attributes:
        penalty_price: Millionths of EUR/kWh.
        least_delivery_ppm: Part of what was ordered below which nothing is paid.
        full_delivery_ppm: Part from which all that was ordered is paid.
    """

    penalty_price: Whole
    least_delivery_ppm: Whole
    full_delivery_ppm: Whole

    def of(self, rows: slice) -> "Terms":
        """Return the terms of some rows."""
        return Terms(
            penalty_price=self.penalty_price[rows],
            least_delivery_ppm=self.least_delivery_ppm[rows],
            full_delivery_ppm=self.full_delivery_ppm[rows],
        )


@dataclass(frozen=True, slots=True)
class SettledColumns:
    """The amounts of trades, a number for each, and the totals of each agreement.

    Attributes:
        delivered: Millionths of a kWh.
        deficiency: Millionths of a kWh.
        net: 1e-12 EUR; whole numbers of 64 bits, or Python's.
        paid: The sum of the positive nets of each row, 1e-12 EUR, Python's whole numbers.
        owed: The sum of the magnitudes of the negative ones.
    """

    delivered: Whole
    deficiency: Whole
    net: NDArray[Any]
    paid: list[int]
    owed: list[int]


def energies_of(power_kw: NDArray[np.float64]) -> Whole:
    """Return energies of powers over a quarter-hour, millionths of a kWh, nearest (even)."""
    return np.rint(power_kw * _QUARTER_KWH).astype(np.int64)


def settle_columns(
    *, baseline: Whole, ordered: Whole, measured: Whole, price: Whole, terms: Terms
) -> SettledColumns:
    """Apply the rule to trades, shape (points of delivery, quarter-hours).

    Rows are settled by blocks that fit a processor's cache.

    Args:
        baseline: Energy that changes count from, millionths of a kWh, load convention.
        ordered: Ordered changes; negative: consume less; 0: no trade.
        measured: Measured energy.
        price: Millionths of EUR/kWh.
        terms: The agreements'.
    """
    blocks = [
        _settle_block(baseline[rows], ordered[rows], measured[rows], price[rows], terms.of(rows))
        for first in range(0, max(len(ordered), 1), _ROWS)
        for rows in [slice(first, first + _ROWS)]
    ]
    return SettledColumns(
        np.concatenate([each.delivered for each in blocks]),
        np.concatenate([each.deficiency for each in blocks]),
        np.concatenate([each.net for each in blocks]),
        [total for each in blocks for total in each.paid],
        [total for each in blocks for total in each.owed],
    )


def _settle_block(
    baseline: Whole, ordered: Whole, measured: Whole, price: Whole, terms: Terms
) -> SettledColumns:
    size = np.abs(ordered)
    change = (measured - baseline) * np.sign(ordered)
    delivered = np.minimum(np.maximum(change, 0), size)
    deficiency = np.maximum(size - change, 0)
    penalty_price = terms.penalty_price[:, None]
    if _is_wide(delivered, deficiency, price, terms):
        wide_delivered, wide_price, wide_size = (
            each.astype(object) for each in (delivered, price, size)
        )
        paid = _slide(wide_delivered, wide_size, wide_price, terms)
        net: NDArray[Any] = paid - penalty_price.astype(object) * deficiency.astype(object)
    else:
        net = price * delivered
        least = terms.least_delivery_ppm[:, None]
        if least.any():
            net[delivered * WHOLE_PPM < least * size] = 0
        net -= penalty_price * deficiency
    earned = np.maximum(net, 0)
    return SettledColumns(delivered, deficiency, net, _sums(earned), _sums(earned - net))


def _is_wide(delivered: Whole, deficiency: Whole, price: Whole, terms: Terms) -> bool:
    """Return whether amounts pass 64 bits, or payments slide."""
    if (terms.full_delivery_ppm > terms.least_delivery_ppm).any():
        return True
    most_kwh = _most(delivered) + _most(deficiency)
    most_price = max(_most(price), _most(terms.penalty_price), WHOLE_PPM)
    return most_kwh * most_price >= _MOST


def _most(column: Whole) -> int:
    return int(np.abs(column).max(initial=0))


def _slide(
    delivered: NDArray[Any], size: NDArray[Any], price: NDArray[Any], terms: Terms
) -> NDArray[Any]:
    """Return payments by the agreements' thresholds, in Python's whole numbers."""
    least = terms.least_delivery_ppm[:, None].astype(object)
    full = terms.full_delivery_ppm[:, None].astype(object)
    beyond = delivered * WHOLE_PPM - least * size
    span = np.where(full > least, full - least, 1)
    by_unit = price * delivered
    sliding = np.where(delivered * WHOLE_PPM >= full * size, price * size, price * beyond // span)
    return np.where(beyond < 0, 0, np.where(full > least, sliding, by_unit))


def _sums(amounts: NDArray[Any]) -> list[int]:
    """Return the exact sum of each row; where it may pass 64 bits, its halves are added apart."""
    if amounts.dtype == object or _most(amounts) * amounts.shape[1] < _MOST:
        return [int(each) for each in amounts.sum(1).tolist()]
    high, low = amounts >> 32, amounts & 0xFFFFFFFF
    return [
        (int(first) << 32) + int(second)
        for first, second in zip(high.sum(1), low.sum(1), strict=True)
    ]
