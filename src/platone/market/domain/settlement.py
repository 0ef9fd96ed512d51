"""What a trade is worth once its delivery is measured, in exact integers.

The rule is that of UFTP (Shapeshifter). With ``change`` = what was measured below the reference
for a trade that reduces, above it for one that raises:

    delivered  = change, but at least 0 and at most ordered
    deficiency = ordered - change where that is positive, else 0
    net        = price * delivered - penalty price * deficiency

Energy is in millionths of a kWh and prices are in millionths of EUR/kWh, so amounts are whole
numbers of 1e-12 EUR; a share in parts per million of one is a whole number of 1e-18 tokens
(1 token = 1 EUR). Nothing is rounded, so nothing is lost or made. The agreement contract on the
ledger computes the same from the same quantities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

MICRO = 1_000_000
PICO_PER_EUR = 10**12
_QUARTER_HOURS_PER_HOUR = 4
_MICRO_KWH_PER_WH = 1000


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a line comes to.

    Attributes:
        delivered: Millionths of a kWh, 0 to ordered.
        deficiency: Millionths of a kWh, 0 or more.
        paid: For delivered energy, 1e-12 EUR.
        penalty: For energy not delivered, 1e-12 EUR.
    """

    delivered: int
    deficiency: int
    paid: int
    penalty: int

    @property
    def net(self) -> int:
        """Paid less penalty, 1e-12 EUR; negative: the aggregator owes."""
        return self.paid - self.penalty


@dataclass(frozen=True, slots=True)
class Shares:
    """Who gets what of a line, in 1e-18 token; ``customer + aggregator - owed`` is its net."""

    customer: int
    aggregator: int
    owed: int


def energy_of_quarter_hour(power_kw: float) -> int:
    """Energy of a power held for a quarter-hour, millionths of a kWh, to the nearest (even).

    The shortest decimal that denotes the float counts, which is what was written by people.
    """
    energy = Decimal(repr(power_kw)) * MICRO / _QUARTER_HOURS_PER_HOUR
    return int(energy.to_integral_value())


def power_of_quarter_hour(energy: int) -> float:
    """The mean power, kW, of an energy in millionths of a kWh within a quarter-hour."""
    return energy * _QUARTER_HOURS_PER_HOUR / MICRO


def energy_of_reading(energy_wh: int) -> int:
    """A reading in millionths of a kWh, exactly."""
    return energy_wh * _MICRO_KWH_PER_WH


def price_in_micro_eur(price_eur_per_kwh: float) -> int:
    """A price in millionths of EUR/kWh, to the nearest (even)."""
    return int((Decimal(repr(price_eur_per_kwh)) * MICRO).to_integral_value())


def settle_line(
    *, reference: int, ordered: int, measured: int, price: int, penalty_price: int
) -> Amounts:
    """Apply the rule to one trade in one quarter-hour.

    Args:
        reference: Energy that the change counts from, millionths of a kWh, load convention.
        ordered: Ordered change, millionths of a kWh; negative: consume less.
        measured: Measured energy, millionths of a kWh, load convention.
        price: Millionths of EUR/kWh.
        penalty_price: Millionths of EUR/kWh of deficiency.
    """
    direction = 1 if ordered <= 0 else -1
    change = direction * (reference - measured)
    delivered = min(max(change, 0), abs(ordered))
    deficiency = max(abs(ordered) - change, 0)
    return Amounts(delivered, deficiency, price * delivered, penalty_price * deficiency)


def share_net(net: int, customer_share_ppm: int) -> Shares:
    """Part a net amount between customer and aggregator; a negative one the aggregator owes."""
    if net < 0:
        return Shares(0, 0, -net * MICRO)
    customer = net * customer_share_ppm
    return Shares(customer, net * MICRO - customer, 0)


def stack_references(baseline: int, changes: Sequence[int], measured: int) -> list[int]:
    """What each of several trades of one PoD in one quarter-hour counts from.

    A single trade counts from the baseline. Of several of the same direction each counts from
    where the one before it ends, so that no energy is delivered twice; energy missing beyond the
    first trade's reference counts there only, so that none is missing twice. Trades of opposite
    direction, such as a raise in real time after a day-ahead reduction, shift each other's
    references: each is then due as far as the final schedule is missed on its side.

    Args:
        baseline: Energy of the baseline.
        changes: Ordered changes in the order in which they were traded; negative: less.
        measured: Measured energy.

    Returns:
        The reference of each trade; all in millionths of a kWh.
    """
    total = {1: sum(x for x in changes if x > 0), -1: sum(x for x in changes if x < 0)}
    traded = {1: 0, -1: 0}
    references = []
    for change in changes:
        sign = 1 if change > 0 else -1
        reference = baseline + total[-sign] + traded[sign]
        if traded[sign]:
            reference = min(reference, measured) if sign > 0 else max(reference, measured)
        references.append(reference)
        traded[sign] += change
    return references
