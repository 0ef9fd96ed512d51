"""Pseudo-measurements: what is expected where nothing is measured.

The rule: first what is measured counts alone. Where it leaves a node's power open, each consumer
there without a measurement of its own gets its expected power, and each generator its active one;
where it leaves voltages open even then, the sources and generators of that part get the voltages
they are set to. What is measured is never mixed with what is expected of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.array import Flags, Floats
from platone.dso.domain.estimation.ground import Ground
from platone.dso.domain.estimation.measurement import (
    Injection,
    Measurement,
    Origin,
    VoltageMeasurement,
)

EXPECTED = "expected/"
"""Identifiers of pseudo-measurements begin so."""


@dataclass(frozen=True, eq=False)
class Expected:
    """What consumers are expected to withdraw, and how sure that is; in the network's order.

    Attributes:
        p_kw: Active power.
        q_kvar: Reactive power.
        std_share: Standard deviation by the apparent power.
        least_std_kva: And no less than this.
        voltage_std_pu: Standard deviation of the voltages that sources and generators are set to.
    """

    p_kw: Floats
    q_kvar: Floats
    std_share: float = 0.5
    least_std_kva: float = 1.0
    voltage_std_pu: float = 0.01

    def std_kva(self, consumer: int) -> float:
        """Standard deviation of a consumer's active and of its reactive power."""
        apparent = float(np.hypot(self.p_kw[consumer], self.q_kvar[consumer]))
        return max(self.std_share * apparent, self.least_std_kva)


def expected_powers(
    ground: Ground, expected: Expected, is_open: Flags, measured: Sequence[Measurement]
) -> list[Measurement]:
    """Powers where they are open.

    Args:
        ground: The network.
        expected: What is expected of its consumers.
        is_open: States whose power the measurements leave open.
        measured: The measurements.
    """
    powers = [each for each in measured if isinstance(each, Injection)]
    has_p = {each.element for each in powers if each.p_kw is not None}
    has_q = {each.element for each in powers if each.q_kvar is not None}
    found: list[Measurement] = []
    state = ground.state_of_node[ground.circuit.consumer_node]
    wanted = np.flatnonzero((state >= 0) & np.append(is_open, False)[state]).tolist()
    active = {consumer for names in ground.members.consumers.values() for consumer in names}
    for row in wanted:
        name = ground.network.consumers[row].id
        needs_p, needs_q = name not in has_p, name not in has_q
        if name in active and (needs_p or needs_q):
            p, q, std = float(expected.p_kw[row]), float(expected.q_kvar[row]), expected.std_kva(row)
            found.append(_power(name, p if needs_p else None, q if needs_q else None, std))
    return found + _generators(ground, expected, is_open, has_p)


def _power(name: str, p_kw: float | None, q_kvar: float | None, std: float) -> Injection:
    return Injection(
        id=EXPECTED + name,
        source=Origin.PSEUDO,
        element=name,
        p_kw=p_kw,
        std_kw=None if p_kw is None else std,
        q_kvar=q_kvar,
        std_kvar=None if q_kvar is None else std,
    )


def _generators(
    ground: Ground, expected: Expected, is_open: Flags, has_p: set[str]
) -> list[Measurement]:
    """Active power of buses with generators and no source, the consumers' there included."""
    network, fed_by = ground.network, {each.bus for each in ground.network.sources if each.closed}
    total: dict[str, float] = {}
    for machine in network.generators:
        if machine.closed and machine.bus not in fed_by and machine.bus not in has_p:
            total[machine.bus] = total.get(machine.bus, 0.0) + machine.p_kw
    found: list[Measurement] = []
    for bus, p_kw in total.items():
        state = int(ground.state_of_node[ground.members.node_of_bus[bus]])
        if state < 0 or not is_open[state]:
            continue
        rows = [network.consumer_position[name] for name in ground.members.consumers.get(bus, ())]
        p_kw += sum(float(expected.p_kw[row]) for row in rows)  # noqa: PLW2901 - and its consumers
        std = max(expected.std_share * abs(p_kw), expected.least_std_kva)
        found.append(_power(bus, p_kw, None, std))
    return found


def set_voltages(ground: Ground, expected: Expected, is_open: Flags) -> list[Measurement]:
    """Voltages that sources and generators are set to, in the parts where voltages are open."""
    parts = set(ground.island[is_open].tolist())
    found: list[Measurement] = []
    for each in (*ground.network.sources, *ground.network.generators):
        state = int(ground.state_of_node[ground.members.node_of_bus[each.bus]])
        if each.closed and state >= 0 and ground.island[state] in parts:
            kv = ground.network.buses[ground.network.bus_position[each.bus]].nominal_kv
            found.append(
                VoltageMeasurement(
                    id=EXPECTED + each.id,
                    source=Origin.PSEUDO,
                    bus=each.bus,
                    voltage_kv=each.voltage_pu * kv,
                    std_kv=expected.voltage_std_pu * kv,
                )
            )
    return found
