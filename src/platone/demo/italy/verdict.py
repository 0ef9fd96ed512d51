"""The report's sentences on what the grid bears and why: each follows from the run's results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platone.kernel.canvas import number
from platone.kernel.merit_order import Bid

_LEAST_KW = 0.001
"""Differences of power below a watt are those of rounding, and say nothing."""


@dataclass(frozen=True, slots=True)
class BrokenLimit:
    """A limit that is broken in a state of the network.

    Attributes:
        element: Identifier of the branch or bus.
        name: Its name for people.
        value: The quantity, in ``unit``.
        limit: What is allowed, in ``unit``.
        unit: A or pu.
        is_new: Whether the forecast without any trade kept it, so that trades broke it.
    """

    element: str
    name: str
    value: float
    limit: float
    unit: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class NeedMet:
    """A request's need, and how far the market met it; magnitudes in kW, prices in EUR/kWh.

    Attributes:
        who: Who asked.
        need_kw: What is needed, signed: negative is to consume less.
        limit: The most that the request pays.
        bids: Offers of the right direction.
    """

    who: str
    need_kw: float
    limit: float
    bids: Sequence[Bid]

    @property
    def taken_kw(self) -> float:
        """Return the magnitude of what was taken of the offers, kW."""
        return sum(bid.taken_kw for bid in self.bids)

    def sentence(self) -> str:
        """Return one sentence on how the need was met, or on what was missing."""
        direction = "less" if self.need_kw < 0 else "more"
        needed, taken = number(abs(self.need_kw), 2), number(self.taken_kw, 2)
        if abs(self.need_kw) < _LEAST_KW:
            return "Nothing is needed: the baselines add up to what is asked for."
        if not self.bids:
            return f"Flexibility is missing: nobody offered to consume {direction}."
        if self.taken_kw > abs(self.need_kw) - _LEAST_KW:
            return f"All of the {needed} kW that are needed were offered and taken."
        dear = [bid for bid in self.bids if bid.price > self.limit]
        cheapest = number(min(bid.price for bid in self.bids), 2)
        if len(dear) == len(self.bids):
            return (
                f"The price is too high: the cheapest offer asks for {cheapest} €/kWh, "
                f"the {self.who} pays at most {number(self.limit, 2)} €/kWh."
            )
        missing = number(abs(self.need_kw) - self.taken_kw, 2)
        also = f"; {len(dear)} more asked for too high a price" if dear else ""
        return (
            f"Flexibility is missing: offers gave {taken} of the {needed} kW that are needed, "
            f"{missing} kW too little{also}."
        )


def broken_limits(
    states: Sequence[Mapping[str, Any]], label: str, names: Mapping[str, str]
) -> list[BrokenLimit]:
    """Return the limits that are broken in a state, the worst first.

    Args:
        states: The recorded states with their labels; that of the forecast among them.
        label: Which of them.
        names: Names of elements for people.
    """
    alarms = {each["label"]: each["state"]["alarms"] for each in states}
    before = {(alarm["element"], alarm["kind"]) for alarm in alarms.get("forecast", ())}
    return [
        BrokenLimit(
            element=alarm["element"],
            name=names.get(alarm["element"], alarm["element"]),
            value=alarm["value"],
            limit=alarm["limit"],
            unit=alarm["unit"],
            is_new=(alarm["element"], alarm["kind"]) not in before,
        )
        for alarm in alarms.get(label, ())
    ]


def reasons_left(needs: Sequence[NeedMet], who: str) -> list[str]:
    """Return why limits of a grid stay broken: a sentence for each need that was not met.

    Args:
        needs: The needs of all requests.
        who: The operator of the grid.
    """
    own = [need for need in needs if need.who == who]
    if not own:
        return [f"The {who} asked for nothing: no flexible customer can cure it."]
    unmet = [need for need in own if need.taken_kw < abs(need.need_kw) - _LEAST_KW]
    if unmet:
        return list(dict.fromkeys(need.sentence() for need in unmet))
    return ["Its own request was met in full: other trades of the day load the same element."]
