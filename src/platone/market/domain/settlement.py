"""Exact integers that a trade is settled by, made of powers, readings and prices.

Energy is in millionths of a kWh, prices are in millionths of EUR/kWh; what a line then comes to is
:mod:`platone.kernel.settlement_rule`'s. Where a PoD has several trades in a quarter-hour, they are
stacked: each counts from a reference of its own (:func:`stack_references`).
"""

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[Any]
"""Whole numbers: 64 bits with sign, or of any size (objects)."""

MICRO = 1_000_000
"""Millionths in a whole: energies and prices are settled in millionths, as the contract takes
them."""
QUARTER_HOURS_PER_HOUR = 4
"""Quarter-hours in an hour, by which a power is divided to give its energy in one."""


def energy_of_quarter_hour(power_kw: float) -> int:
    """Return the energy of a power over a quarter-hour, 1e-6 kWh, to the nearest (even).

    The shortest decimal that denotes the float counts, which is what was written by people.
    """
    energy = Decimal(repr(power_kw)) * MICRO / QUARTER_HOURS_PER_HOUR
    return int(energy.to_integral_value())


def power_of_quarter_hour(energy: int) -> float:
    """Return the mean power, kW, of an energy in millionths of a kWh in a quarter-hour."""
    return energy * QUARTER_HOURS_PER_HOUR / MICRO


def price_in_micro_eur(price_eur_per_kwh: float) -> int:
    """Return a price in millionths of EUR/kWh, to the nearest (even)."""
    return int((Decimal(repr(price_eur_per_kwh)) * MICRO).to_integral_value())


def stack_references(baseline: Integers, changes: Integers, measured: Integers) -> Integers:
    """Return the powers that several trades of one PoD in one quarter-hour count from.

    A single trade counts from the baseline. Of several of the same direction each counts from
    where the one before it ends, so that no energy is delivered twice; energy missing beyond the
    first trade's reference counts there only, so that none is missing twice. Trades of opposite
    direction, such as a raise in real time after a day-ahead reduction, shift each other's
    references: each is then due as far as the final schedule is missed on its side.

    Args:
        baseline: Energies of the baselines, shape (stacks,).
        changes: Ordered changes in the order in which they were traded, shape (trades, stacks);
            negative: less; 0 where a stack has no more.
        measured: Measured energies, shape (stacks,).

    Returns:
        The reference of each trade, shape (trades, stacks); all in millionths of a kWh.
    """
    raises = np.where(changes > 0, changes, 0)
    cuts = changes - raises
    all_raised, all_cut = raises.sum(axis=0), cuts.sum(axis=0)
    raised, cut = np.zeros_like(all_raised), np.zeros_like(all_cut)
    references = np.empty_like(changes)
    for row, change in enumerate(changes):
        up, down = baseline + all_cut + raised, baseline + all_raised + cut
        up = np.where(raised != 0, np.minimum(up, measured), up)
        down = np.where(cut != 0, np.maximum(down, measured), down)
        references[row] = np.where(change > 0, up, down)
        raised, cut = raised + raises[row], cut + cuts[row]
    return references
