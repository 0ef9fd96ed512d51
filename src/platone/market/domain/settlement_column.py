"""The rule of settlement over many lines at once, in columns of exact integers.

It is the rule of :mod:`platone.kernel.settlement_rule`, which says it a line at a time, with the
same results to the last digit. Columns are 64-bit integers; where a product of what they hold
could pass these, all of a call is computed in integers of any size, which is slower.

A power is rounded as its shortest decimal (:func:`energy_of_quarter_hour`). A product of floats
lies within some units of its last place of that, so it rounds alike but where it is that near to
the middle between two whole numbers; there the decimal itself is rounded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.kernel.settlement_rule import RAISE, REDUCE, WHOLE_PPM, LineAmounts
from platone.market.domain.settlement import (
    MICRO,
    QUARTER_HOURS_PER_HOUR,
    Integers,
    energy_of_quarter_hour,
    price_in_micro_eur,
    stack_references,
)

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_SAFE = 2**62
"""Bound of all products in 64 bits: a sum of two of them still fits."""
_DOUBT = 2.0**-50
"""Part of a product within which it may lie from the decimal's: the float has an error of 2**-53 of
the decimal, the product another one, and this is four times both."""
_EXACT = 2.0**50
"""Products from which on the decimal is always rounded, as a float's last place is too coarse."""


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """The amounts of lines, a column each, shape (lines,).

    Attributes:
        delivered: Millionths of a kWh.
        deficiency: Millionths of a kWh.
        paid: For delivered energy, 1e-12 EUR.
        penalty: For energy not delivered, 1e-12 EUR.
    """

    delivered: Integers
    deficiency: Integers
    paid: Integers
    penalty: Integers

    @property
    def net(self) -> Integers:
        """The amounts paid less the penalties, 1e-12 EUR."""
        return np.asarray(self.paid - self.penalty)

    def rows(self) -> Iterator[LineAmounts]:
        """Yield the amounts line by line."""
        columns = self.delivered, self.deficiency, self.paid, self.penalty
        for delivered, deficiency, paid, penalty in zip(
            *(each.tolist() for each in columns), strict=True
        ):
            yield LineAmounts(
                delivered=delivered, deficiency=deficiency, paid=paid, penalty=penalty
            )


def integers(values: Sequence[int]) -> Integers:
    """Return whole numbers as a column: of 64 bits, or of any size where one does not fit."""
    fits = all(-_SAFE < value < _SAFE for value in values)
    return np.array(values, dtype=np.int64 if fits else object)


@dataclass(frozen=True, slots=True, eq=False)
class Quantities:
    """The energies that lines are settled by, a column each, shape (lines,).

    Attributes:
        reference: Energy that the change counts from, millionths of a kWh.
        ordered: Ordered change, millionths of a kWh.
        measured: Measured energy, millionths of a kWh.
    """

    reference: Integers
    ordered: Integers
    measured: Integers


def quantities_of(
    *,
    stack: Rows,
    rank: Rows,
    baseline_kw: Floats,
    change_kw: Floats,
    baseline: Sequence[int | None] | None,
    measured: Integers,
) -> Quantities:
    """Return the quantities of trades, several of which may stand in one stack.

    Args:
        stack: The stack of each trade, a PoD in a quarter-hour, shape (trades,).
        rank: Its place among the trades of its stack, in the order in which they were made.
        baseline_kw: The declared baseline of each stack, which levels are counted from.
        change_kw: The change of each trade; negative: consume less.
        baseline: The energy that each stack's delivery is counted from, millionths of a kWh, where
            it is another than the declared one's.
        measured: The measured energy of each stack, millionths of a kWh.
    """
    level_kw, level = baseline_kw, energies_of_quarter_hours(baseline_kw)
    origin = level
    if baseline is not None and any(each is not None for each in baseline):
        pairs = zip(baseline, level.tolist(), strict=True)
        origin = integers([declared if each is None else each for each, declared in pairs])
    height = int(rank.max()) + 1 if rank.size else 0
    changes = np.zeros((height, len(baseline_kw)), dtype=level.dtype)
    # Differences of rounded levels, so that the changes add up to the last level exactly.
    for row in range(height):
        step_kw = np.zeros_like(baseline_kw)
        step_kw[stack[rank == row]] = change_kw[rank == row]
        level_kw = level_kw + step_kw
        after = energies_of_quarter_hours(level_kw)
        changes[row] = after - level
        level = after
    references = stack_references(origin, changes, measured)
    return Quantities(references[rank, stack], changes[rank, stack], measured[stack])


def energies_of_quarter_hours(power_kw: Floats) -> Integers:
    """Return the energies of powers over a quarter-hour, 1e-6 kWh, each to the nearest (even)."""
    return _rounded(power_kw, MICRO / QUARTER_HOURS_PER_HOUR, energy_of_quarter_hour)


def prices_in_micro_eur(price_eur_per_kwh: Floats) -> Integers:
    """Return prices in millionths of EUR/kWh, each to the nearest (even)."""
    return _rounded(price_eur_per_kwh, MICRO, price_in_micro_eur)


def settle_columns(
    *,
    reference: Integers,
    ordered: Integers,
    measured: Integers,
    price: Integers,
    penalty_price: Integers,
    least_delivery_ppm: Integers,
    full_delivery_ppm: Integers,
) -> Amounts:
    """Apply the rule to many trades; the columns are of one length, or single numbers.

    Args:
        reference: Energies that the changes count from, millionths of a kWh, load convention.
        ordered: Ordered changes, millionths of a kWh; negative: consume less.
        measured: Measured energies, millionths of a kWh, load convention.
        price: Millionths of EUR/kWh.
        penalty_price: Millionths of EUR/kWh of deficiency.
        least_delivery_ppm: Parts of what was ordered below which nothing is paid.
        full_delivery_ppm: Parts from which all that was ordered is paid.
    """
    if not _fits(reference, ordered, measured, price, penalty_price):
        reference, ordered, measured, price, penalty_price = (
            np.asarray(each, dtype=object)
            for each in (reference, ordered, measured, price, penalty_price)
        )
    wanted = np.abs(ordered)
    change = np.where(ordered < 0, REDUCE, RAISE) * (reference - measured)
    delivered = np.minimum(np.maximum(change, 0), wanted)
    deficiency = np.where(wanted == 0, 0, np.maximum(wanted - change, 0))
    return Amounts(
        delivered=delivered,
        deficiency=deficiency,
        paid=_payments(delivered, wanted, price, least_delivery_ppm, full_delivery_ppm),
        penalty=penalty_price * deficiency,
    )


def _payments(
    delivered: Integers, wanted: Integers, price: Integers, least_ppm: Integers, full_ppm: Integers
) -> Integers:
    """Return the payments for delivered energy, 1e-12 EUR, by the agreements' thresholds."""
    paid = price * delivered
    if not np.any(least_ppm) and not np.any(full_ppm):
        return paid
    beyond = delivered * WHOLE_PPM - least_ppm * wanted
    slides = np.asarray(full_ppm) > np.asarray(least_ppm)
    is_full = delivered * WHOLE_PPM >= full_ppm * wanted
    # price * beyond // steps, in parts of which no product is greater than what is paid in full
    steps = np.where(slides, np.asarray(full_ppm) - np.asarray(least_ppm), 1)
    whole, rest = beyond // steps, beyond % steps
    sliding = price * np.where(slides & ~is_full, whole, 0) + price * rest // steps
    paid = np.where(slides, np.where(is_full, price * wanted, sliding), paid)
    return np.where(beyond < 0, 0, paid)


def _fits(
    reference: Integers, ordered: Integers, measured: Integers, price: Integers, penalty: Integers
) -> bool:
    """Return whether no number that the rule makes passes 64 bits."""
    if any(np.asarray(each).dtype == object for each in (reference, ordered, measured, price)):
        return False
    most = _largest(reference) + _largest(measured) + _largest(ordered)
    wanted = _largest(ordered)
    dearest = max(_largest(price), WHOLE_PPM)
    products = most, wanted * dearest, dearest * WHOLE_PPM, _largest(penalty) * most
    return max(products) < _SAFE


def _largest(column: Integers) -> int:
    values = np.asarray(column)
    return int(max(values.max(), -int(values.min()))) if values.size else 0


def _rounded(values: Floats, factor: float, exactly: Callable[[float], int]) -> Integers:
    """Return values times a factor, each to the nearest whole number (even) of its decimal."""
    product = values * factor
    near = np.rint(product)
    from_middle = np.abs(np.abs(product - near) - 0.5)
    size = np.abs(product)
    doubtful = (from_middle <= size * _DOUBT) | ~(size < _EXACT)
    if not doubtful.any():
        return near.astype(np.int64)
    found = np.where(doubtful, 0.0, near).astype(np.int64)
    odd, places = np.unique(values[doubtful], return_inverse=True)
    exact = [exactly(float(each)) for each in odd]
    if max(map(abs, exact)) >= _SAFE:
        found = found.astype(object)
    found[doubtful] = np.array(exact, dtype=found.dtype)[places]
    return found
