"""What a picture shows of the network's states: values by instant and element, and the alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from platone.dso.domain.array import Flags, Floats
from platone.dso.domain.flow.alarm import Violation, violations
from platone.dso.domain.flow.limit import Limits
from platone.dso.domain.flow.state import Flow


@dataclass(frozen=True, slots=True)
class Note:
    """A remark at an element, such as from a state estimation.

    Attributes:
        element: Identifier of a bus, branch or other element of the network.
        text: What there is to say, such as "voltage 19.82 kV, standard deviation 0.03 kV".
        mark: Whether the element is marked as measured, or as one whose measurement is bad.
    """

    element: str
    text: str
    mark: Literal["", "measured", "bad"] = ""


@dataclass(frozen=True, slots=True)
class AlarmGroup:
    """The alarms of one element and kind over all instants; its numbers are the worst one's.

    Attributes:
        element: The branch or bus.
        kind: "current" or "voltage".
        value: The worst value.
        limit: The limit it breaks.
        unit: Of both.
        worst: Place of its instant.
        places: The instants with an alarm, in their order.
    """

    element: str
    kind: str
    value: float
    limit: float
    unit: str
    worst: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the network, kW by instant.

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


class Course:
    """The values of a flow, with the alarms.

    Args:
        flow: The solved states.
        alarms: Broken limits, the worst first; none: they are looked for.
    """

    def __init__(self, flow: Flow, alarms: Sequence[Violation] | None = None) -> None:
        self.flow = flow
        self._given = alarms

    @property
    def instants(self) -> int:
        """How many there are."""
        return len(self.flow.node_pu)

    @cached_property
    def fed(self) -> Flags:
        """Whether each bus has voltage."""
        return self.flow.circuit.bus_fed

    @cached_property
    def loading_percent(self) -> Floats:
        """Of each branch; not a number where it has no limit."""
        limited = np.isfinite(np.minimum(*self.flow.circuit.limits_a))
        return np.where(limited, 100 * self.flow.loading(), np.nan)

    @cached_property
    def second_end(self) -> Flags:
        """Whether a branch is watched at its second end: at some instant that is loaded most."""
        from_limit, to_limit = self.flow.circuit.limits_a
        return np.asarray(
            (self.flow.to_a / to_limit).max(axis=0) > (self.flow.from_a / from_limit).max(axis=0)
        )

    @cached_property
    def current_a(self) -> Floats:
        """Of each branch at the end where it is watched."""
        return np.where(self.second_end, self.flow.to_a, self.flow.from_a)

    @cached_property
    def limit_a(self) -> Floats:
        """Of each branch at that end; infinite where it has none."""
        from_limit, to_limit = self.flow.circuit.limits_a
        return np.where(self.second_end, to_limit, from_limit)

    @cached_property
    def voltage_pu(self) -> Floats:
        """Of each bus; not a number where nothing feeds it."""
        return np.where(self.fed, self.flow.voltage_pu, np.nan)

    @cached_property
    def alarms(self) -> Sequence[Violation]:
        """Broken limits, the worst first."""
        if self._given is not None:
            return self._given
        return violations(Limits(self.flow.network), self.flow)

    @cached_property
    def alarm_groups(self) -> list[AlarmGroup]:
        """The alarms by element and kind, the worst first."""
        grouped: dict[tuple[str, str], list[Violation]] = {}
        for each in self.alarms:
            grouped.setdefault((each.state.element, each.state.kind), []).append(each)
        return [
            AlarmGroup(
                element,
                kind,
                found[0].state.value,
                found[0].state.limit,
                found[0].state.unit,
                found[0].scenario,
                tuple(sorted({each.scenario for each in found})),
            )
            for (element, kind), found in grouped.items()
        ]

    @cached_property
    def worst(self) -> int:
        """The instant to look at first: of the worst alarm, else of the greatest loading."""
        if self.alarms:
            return self.alarms[0].scenario
        known = np.nan_to_num(self.loading_percent, nan=0.0)
        return int(known.max(axis=1, initial=0.0).argmax())

    @cached_property
    def totals(self) -> Totals:
        """Sums over the network."""
        flow, circuit = self.flow, self.flow.circuit
        consumed = flow.power.p_kw * circuit.fed[circuit.consumer_node]
        load, given = np.maximum(consumed, 0).sum(axis=1), -np.minimum(consumed, 0).sum(axis=1)
        machines = circuit.generator_kw.sum() if len(circuit.generator_kw) else 0.0
        loss = flow.loss_kw.sum(axis=1)
        shunt = (flow.node_pu**2 * circuit.shunt.real).sum(axis=1) * 1e3
        given = given - machines
        return Totals(load, given, load - given + shunt + loss, loss)


def severity(course: Course) -> list[int]:
    """Places of the branches with a limit, the most loaded of the instants first."""
    peak = np.nan_to_num(course.loading_percent, nan=-1.0).max(axis=0, initial=-1.0)
    order = np.argsort(-peak, kind="stable")
    return [int(place) for place in order if peak[place] >= 0]
