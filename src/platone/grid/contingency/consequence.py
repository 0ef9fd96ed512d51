"""Consequences: what an outage breaks and leaves dark, as it is and after a switching."""

from collections.abc import Iterable
from dataclasses import dataclass

from platone.grid.contingency.interruption import DarkIsland
from platone.grid.contingency.lasting import LastingViolation
from platone.grid.contingency.outage import Outage
from platone.grid.shown import Shown


@dataclass(frozen=True, slots=True)
class Consequence:
    """The consequences of an outage, or of one and a switching after it.

    Attributes:
        violations: The limits that are broken in what has supply; first those made worst.
        islands: The parts without supply that have it in the intact network, the greatest first.
        unsolved: Quarter-hours in which the power flow has no solution: the voltage collapses.
    """

    violations: tuple[LastingViolation, ...]
    islands: tuple[DarkIsland, ...]
    unsolved: tuple[int, ...]

    @property
    def lost_kwh(self) -> float:
        """Energy that consumers without supply would withdraw."""
        return sum(each.lost_kwh for each in self.islands)

    @property
    def lost_kw(self) -> float:
        """Power that they would withdraw, each part in its own greatest quarter-hour."""
        return sum(each.lost_kw for each in self.islands)

    @property
    def severity(self) -> tuple[float, ...]:
        """Return the severity, to compare: no solution, load lost, buses dark, limits broken."""
        return (
            len(self.unsolved),
            self.lost_kwh,
            sum(len(each.buses) for each in self.islands),
            max((each.added for each in self.violations), default=0.0),
            len(self.violations),
        )


@dataclass(frozen=True, slots=True)
class Resupply:
    """A switching that supplies a dark part again, and what follows then.

    Attributes:
        elements: What is closed.
        left: What is still dark or broken with it.
    """

    elements: tuple[str, ...]
    left: Consequence


@dataclass(frozen=True, slots=True, repr=False)
class Contingency(Shown):
    """An outage with all that follows from it.

    Attributes:
        outage: What is out of service.
        found: What follows if nothing is switched.
        resupplies: The switchings that were tried, the best one first.
    """

    outage: Outage
    found: Consequence
    resupplies: tuple[Resupply, ...] = ()

    @property
    def left(self) -> Consequence:
        """Return the consequences after the best switching, or without any where none helps."""
        best = self.resupplies[0].left if self.resupplies else self.found
        return min(self.found, best, key=lambda each: each.severity)


@dataclass(frozen=True, slots=True)
class ContingencyAnalysis:
    """The outages of a network over a run, the worst first.

    Attributes:
        intact: The limits that are broken without any outage.
        contingencies: First those with the worst that no switching mends, then those with the
            worst until one does.
        quarter_hours: How many the run has.
        unsupplied: The parts with consumers that no source feeds without any outage.
        resupplies: The switchings that supply one of these, the best one first.
    """

    intact: tuple[LastingViolation, ...]
    contingencies: tuple[Contingency, ...]
    quarter_hours: int
    unsupplied: tuple[DarkIsland, ...] = ()
    resupplies: tuple[Resupply, ...] = ()

    def told(self) -> str:
        """Return in one line how many outages there are and what they do."""
        dark = sum(1 for each in self.contingencies if each.found.islands)
        left = sum(1 for each in self.contingencies if each.left.islands)
        broken = sum(1 for each in self.contingencies if each.found.violations)
        return (
            f"{len(self.contingencies)} branches over {self.quarter_hours} quarter-hours; "
            f"{dark} leave buses dark ({left} also after switching), {broken} break limits"
        )


def ranked(contingencies: Iterable[Contingency]) -> tuple[Contingency, ...]:
    """Return outages with the worst first; equal ones stay in their order."""

    def worst(each: Contingency) -> tuple[float, ...]:
        return tuple(-value for value in (*each.left.severity, *each.found.severity))

    return tuple(sorted(contingencies, key=worst))
