"""The states of a network as a picture shows them: values by instant and element, and alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flow.alarm import Violation

Mark = Literal["", "measured", "bad", "changed", "added"]
"""The ways in which an element with a remark is marked; the last ones stand on top."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark at an element, such as from a state estimation.

    Attributes:
        element: Identifier of a bus, branch or other element of the network.
        text: What there is to say, such as "voltage 19.82 kV, standard deviation 0.03 kV".
        mark: Whether the element is marked as measured, as one whose measurement is bad, or as
            added to or changed since an earlier version of the network.
    """

    element: str
    text: str
    mark: Mark = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmGroup:
    """The alarms of one element and kind over all instants, with the numbers of the worst.

    Attributes:
        element: The branch or bus.
        kind: "current", "voltage", "unbalance" or "unsupplied".
        value: The worst value.
        limit: The limit it breaks.
        unit: Of both.
        worst: Place of its instant.
        places: The instants with an alarm, in their order.
        phase: The phase in which; none in balanced states.
    """

    element: str
    kind: str
    value: float
    limit: float
    unit: str
    worst: int
    places: tuple[int, ...]
    phase: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the network by instant, in kW.

    Attributes:
        load_kw: Withdrawn by consumers.
        generation_kw: Fed in by consumers and generators.
        source_kw: Fed in by the sources; below 0 where the network gives back.
        loss_kw: Lost in branches.
    """

    load_kw: Floats
    generation_kw: Floats
    source_kw: Floats
    loss_kw: Floats


@dataclass(frozen=True, slots=True)
class Certainty:
    """The uncertainty of an estimated state; arrays by instant and element.

    Attributes:
        std_pu: Standard deviation of each bus's voltage; not a number where it is not known.
        std_a: Of each branch's current at the end where it is watched.
        observable: Whether measurements alone determine each bus, without expected values; by
            bus alone.
    """

    std_pu: Floats
    std_a: Floats
    observable: Flags


@dataclass(frozen=True, slots=True)
class Phases:
    """Voltages and currents of the single phases; the last axis is A, B, C.

    Attributes:
        voltage_pu: Of each bus; not a number where nothing feeds it.
        current_a: Of each branch at the end where it is watched.
    """

    voltage_pu: Floats
    current_a: Floats

    @property
    def worst_voltage(self) -> Places:
        """Return the phase of each bus that is farthest from nominal."""
        return np.asarray(np.abs(np.nan_to_num(self.voltage_pu, nan=1.0) - 1).argmax(axis=2))

    @property
    def worst_current(self) -> Places:
        """Return the phase of each branch that carries most."""
        return np.asarray(self.current_a.argmax(axis=2))


@dataclass(frozen=True, eq=False)
class StateSeries:
    """Values of a network's states, with the alarms; arrays by instant and element.

    Attributes:
        voltage_pu: Of each bus; not a number where nothing feeds it, or it is not known. Of
            unbalanced states that of the phase farthest from nominal.
        fed: Whether each bus has voltage; by bus alone.
        bus_kw: Active power that each bus withdraws.
        bus_kvar: Reactive power that it withdraws.
        loading_percent: Of each branch; not a number where it has no limit, or is not known.
        current_a: Of each branch at the end where it is watched: at some instant that is loaded
            most. Of unbalanced states that of the phase with most.
        limit_a: Of each branch at that end; infinite where it has none; by branch alone.
        through_kw: Active power that enters each branch at its first end.
        alarms: Broken limits, the worst first.
        totals: Sums over the network.
        certainty: How sure an estimated state is; none: states are calculated.
        phases: Of unbalanced states.
    """

    voltage_pu: Floats
    fed: Flags
    bus_kw: Floats
    bus_kvar: Floats
    loading_percent: Floats
    current_a: Floats
    limit_a: Floats
    through_kw: Floats
    alarms: Sequence[Violation]
    totals: Totals
    certainty: Certainty | None = None
    phases: Phases | None = None

    @property
    def instants(self) -> int:
        """Return the number of instants."""
        return len(self.voltage_pu)

    @cached_property
    def alarm_groups(self) -> list[AlarmGroup]:
        """Return the alarms grouped by element and kind, the worst first."""
        grouped: dict[tuple[str, str], list[Violation]] = {}
        for each in self.alarms:
            grouped.setdefault((each.state.element, each.state.kind), []).append(each)
        return [
            AlarmGroup(
                element=element,
                kind=kind,
                value=found[0].state.value,
                limit=found[0].state.limit,
                unit=found[0].state.unit,
                worst=found[0].scenario,
                places=tuple(sorted({each.scenario for each in found})),
                phase=found[0].state.phase,
            )
            for (element, kind), found in grouped.items()
        ]

    @cached_property
    def worst(self) -> int:
        """Return the instant of the worst alarm, else of the greatest loading."""
        if self.alarms:
            return self.alarms[0].scenario
        known = np.nan_to_num(self.loading_percent, nan=0.0)
        return int(known.max(axis=1, initial=0.0).argmax())


def severity(series: StateSeries) -> list[int]:
    """Return the places of branches with a limit, the most loaded first."""
    peak = np.nan_to_num(series.loading_percent, nan=-1.0).max(axis=0, initial=-1.0)
    order = np.argsort(-peak, kind="stable")
    return [int(place) for place in order if peak[place] >= 0]
