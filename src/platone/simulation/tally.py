"""The sums of a day that indicators are made of: hours, energies and money; days add up."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from platone.market.domain.rejection import Rejection


@dataclass(slots=True, kw_only=True)
class Earning:
    """The offers and earnings of a kind of seller.

    Attributes:
        offered_kwh: Energy offered the day ahead.
        profit_eur: Payments less penalties and the least prices of what they really changed.
    """

    offered_kwh: float = 0.0
    profit_eur: float = 0.0


@dataclass(slots=True, kw_only=True)
class Tally:
    """Sums over quarter-hours, points of delivery and lines; h, kWh, and 1e-18 EUR.

    Attributes:
        days: Market days.
        congested_h: Hours in which a limit would break without any activation.
        found_h: Those of them that the DSO foresaw.
        false_h: Hours that it foresaw in vain.
        solved_h: Congested hours in which no limit broke as it was delivered.
        left_h: Congested hours in which one did.
        caused_h: Hours in which one broke that would not have.
        elements_before_h: Congested hours, by element, without any activation.
        elements_after_h: The same as it was delivered.
        overload_before: Excess of the worst element by hour, percent of its limit times hours.
        overload_after: The same as it was delivered.
        dso_asked_kwh: Energy that the DSO asked for, without sign.
        tso_asked_kwh: The same of the TSO.
        within_reach_kwh: Energy offered to groups as the DSO asked: direction and quarter-hour.
        offered_kwh: Energy offered the day ahead.
        cleared_kwh: Energy of market outcomes.
        dso_ordered_kwh: Energy of validated trades that the DSO pays.
        tso_ordered_kwh: The same of the TSO.
        delivered_kwh: Delivered energy, by the settlement rule.
        missing_kwh: Ordered and not delivered.
        dso_paid: Payments for delivered energy that the DSO asked for, 1e-18 EUR.
        tso_paid: The same of the TSO.
        penalty: Penalties.
        customers: What went to customers.
        aggregators: What went to aggregators.
        owed: What aggregators owe.
        ideal_eur: What an operator that knows all would have paid, EUR.
        unreal_paid: Payments for changes that were not made, EUR.
        honest: What honest sellers earn.
        inflating: What sellers earn who tell too high a baseline.
        marking_up: What sellers earn who ask for more than their least price.
        price_sum: Prices times ordered energy, EUR.
        highest_price: Highest price of a trade, EUR/kWh.
        error_kwh: Baseline errors without sign, over all points of delivery.
        bias_kwh: The same with sign: baseline less what would have been.
        traded_error_kwh: Errors without sign where something was traded.
        traded_kwh: Energy, without sign, that would have been there.
        consumed_kwh: Energy, without sign, that would have been, over all points of delivery.
        by_aggregator: Ordered energy by aggregator, kWh.
        rejected: Offered energy that was not taken, by reason, kWh.
    """

    days: float = 0.0
    congested_h: float = 0.0
    found_h: float = 0.0
    false_h: float = 0.0
    solved_h: float = 0.0
    left_h: float = 0.0
    caused_h: float = 0.0
    elements_before_h: float = 0.0
    elements_after_h: float = 0.0
    overload_before: float = 0.0
    overload_after: float = 0.0
    dso_asked_kwh: float = 0.0
    tso_asked_kwh: float = 0.0
    within_reach_kwh: float = 0.0
    offered_kwh: float = 0.0
    cleared_kwh: float = 0.0
    dso_ordered_kwh: float = 0.0
    tso_ordered_kwh: float = 0.0
    delivered_kwh: float = 0.0
    missing_kwh: float = 0.0
    dso_paid: int = 0
    tso_paid: int = 0
    penalty: int = 0
    customers: int = 0
    aggregators: int = 0
    owed: int = 0
    ideal_eur: float = 0.0
    unreal_paid: float = 0.0
    price_sum: float = 0.0
    highest_price: float = 0.0
    error_kwh: float = 0.0
    bias_kwh: float = 0.0
    traded_error_kwh: float = 0.0
    traded_kwh: float = 0.0
    consumed_kwh: float = 0.0
    honest: Earning = field(default_factory=Earning)
    inflating: Earning = field(default_factory=Earning)
    marking_up: Earning = field(default_factory=Earning)
    by_aggregator: dict[str, float] = field(default_factory=dict)
    rejected: dict[str, float] = field(default_factory=dict)

    @property
    def ordered_kwh(self) -> float:
        """Energy of all validated trades."""
        return self.dso_ordered_kwh + self.tso_ordered_kwh


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Return the sums over several days; the highest price is the highest of all."""
    total = Tally()
    for each in tallies:
        for name in _SUMS:
            setattr(total, name, getattr(total, name) + getattr(each, name))
        total.highest_price = max(total.highest_price, each.highest_price)
        for name in SELLERS:
            seller, other = getattr(total, name), getattr(each, name)
            seller.offered_kwh += other.offered_kwh
            seller.profit_eur += other.profit_eur
        for name in BY_NAME:
            mine = getattr(total, name)
            for key, value in getattr(each, name).items():
                mine[key] = mine.get(key, 0.0) + value
    return total


SELLERS = ("honest", "inflating", "marking_up")
"""Fields of the kinds of seller."""
BY_NAME = ("by_aggregator", "rejected")
"""Fields that hold sums by name."""
_SUMS = [
    each.name for each in fields(Tally) if each.name not in {"highest_price", *SELLERS, *BY_NAME}
]


REASONS = tuple(each.value for each in Rejection)
"""Reasons for not taking an offer, in the order of the market's list."""
