"""The pictures' data of a simulation: when and where limits broke, without and with a market."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.state import Flow
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.simulation.day import PlayedDay
from platone.simulation.operator import broken_elements
from platone.simulation.rule_set import RuleSet
from platone.simulation.shape import clock_hours
from platone.simulation.tally import Tally

HOURS = 24
"""Hours on the face of the clock."""


@dataclass(slots=True)
class ElementHours:
    """The hours in which an element broke its limit, without any activation and as delivered."""

    before_h: float = 0.0
    after_h: float = 0.0


@dataclass(slots=True, eq=False)
class Trace:
    """The course of a simulation under one set of rules.

    Attributes:
        days: The days.
        before: Worst excess by hour of the clock and day without any activation; 0: none.
        after: The same as delivered.
        elements: Hours of broken limits by element.
    """

    days: list[date] = field(default_factory=list)
    before: list[Floats] = field(default_factory=list)
    after: list[Floats] = field(default_factory=list)
    elements: dict[str, ElementHours] = field(default_factory=dict)

    def keep(self, played: PlayedDay) -> None:
        """Add a day."""
        self.days.append(played.given.day.on)
        network = played.given.site.network
        names = [each.name or each.id for each in (*network.branches, *network.buses)]
        for flow, into in ((played.given.untouched, self.before), (played.flow, self.after)):
            into.append(self._worst(played, flow, names, is_after=into is self.after))

    def _worst(self, played: PlayedDay, flow: Flow, names: list[str], *, is_after: bool) -> Floats:
        broken, excess = broken_elements(played.given.site, flow)
        hours = clock_hours(played.given.day).astype(np.int64)
        found = np.zeros(HOURS)
        np.maximum.at(found, hours, np.where(broken, excess, 0.0).max(axis=1))
        counts = broken.sum(axis=0)
        for place in np.flatnonzero(counts).tolist():
            each = self.elements.setdefault(names[place], ElementHours())
            quarter_hours = int(counts[place]) / QUARTERS_AN_HOUR
            if is_after:
                each.after_h += quarter_hours
            else:
                each.before_h += quarter_hours
        return found


@dataclass(slots=True)
class Traces:
    """The courses of a simulation, by rule set."""

    by_rules: dict[str, Trace] = field(default_factory=dict)

    def keep(self, rules: RuleSet, played: PlayedDay, _tally: Tally) -> None:
        """Add a day under a rule set."""
        self.by_rules.setdefault(rules.name, Trace()).keep(played)
