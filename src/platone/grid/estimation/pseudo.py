"""Pseudo-measurements: expected powers and set voltages where nothing is measured.

The rule: first what is measured counts alone. Where it leaves a node's power open, each consumer
there without a measurement of its own gets its expected power, and each generator its active one;
where it leaves voltages open even then, the sources and generators of that part get the voltages
they are set to. What is measured is never mixed with what is expected of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.estimation.measurement import (
    Injection,
    Measurement,
    Origin,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.network.element import Generator, Source
from platone.grid.shown import Shown

EXPECTED = "expected/"
"""Identifiers of pseudo-measurements begin so."""
_LEAST_STD_KW = 1.0
"""Least standard deviation, kW, of a generator's expected power: also at 0 kW it is not certain."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ExpectedConsumption(Shown):
    """The power that consumers are expected to withdraw, in the network's order of consumers.

    Attributes:
        p_kw: Active power, shape (consumers,); NaN where nothing is expected.
        q_kvar: Reactive power, the same shape; NaN where nothing is expected.
        std_kw: Standard deviation of the active power.
        std_kvar: Standard deviation of the reactive power.
        generator_std_share: Standard deviation of generators' active power by the power itself.
        voltage_std_pu: Standard deviation of the voltages that sources and generators are set to.
    """

    p_kw: Floats
    q_kvar: Floats
    std_kw: Floats
    std_kvar: Floats
    generator_std_share: float = 0.1
    voltage_std_pu: float = 0.01


def expected_within(
    p_kw: Floats, q_kvar: Floats, share: float = 0.5, least_kva: float = 1.0
) -> ExpectedConsumption:
    """Return expected powers with a share of the apparent power as standard deviation.

    Args:
        p_kw: Active power, shape (consumers,).
        q_kvar: Reactive power, the same shape.
        share: Standard deviation by the apparent power.
        least_kva: Least standard deviation, kW and kvar.
    """
    std = np.maximum(share * np.hypot(p_kw, q_kvar), least_kva)
    return ExpectedConsumption(p_kw=p_kw, q_kvar=q_kvar, std_kw=std, std_kvar=std)


def expected_powers(
    model: NetworkModel,
    expected: ExpectedConsumption,
    is_open: Flags,
    measured: Sequence[Measurement],
) -> list[Measurement]:
    """Return pseudo-measurements of the powers that are open.

    Args:
        model: The network.
        expected: The expected power of its consumers.
        is_open: States whose power the measurements leave open.
        measured: The measurements.
    """
    powers = [each for each in measured if isinstance(each, Injection)]
    has_p = {each.element for each in powers if each.p_kw is not None}
    has_q = {each.element for each in powers if each.q_kvar is not None}
    found: list[Measurement] = []
    state = model.state_of_node[model.circuit.consumer_node]
    wanted = np.flatnonzero((state >= 0) & np.append(is_open, False)[state]).tolist()
    active = model.connections.connected_consumers
    for row in wanted:
        name = model.network.consumers[row].id
        needs_p, needs_q = name not in has_p, name not in has_q
        p = _pair(expected.p_kw[row], expected.std_kw[row]) if needs_p else None
        q = _pair(expected.q_kvar[row], expected.std_kvar[row]) if needs_q else None
        if name in active and (p or q):
            found.append(_power(name, p, q))
    return found + _generators(model, expected, is_open, has_p)


_Pair = tuple[float, float]


def _pair(value: float, std: float) -> _Pair | None:
    return None if math.isnan(value) else (float(value), float(std))


def _power(name: str, p_kw: _Pair | None, q_kvar: _Pair | None) -> Injection:
    return Injection(
        id=EXPECTED + name,
        source=Origin.PSEUDO,
        element=name,
        p_kw=p_kw and p_kw[0],
        std_kw=p_kw and p_kw[1],
        q_kvar=q_kvar and q_kvar[0],
        std_kvar=q_kvar and q_kvar[1],
    )


def _generators(
    model: NetworkModel, expected: ExpectedConsumption, is_open: Flags, has_p: set[str]
) -> list[Measurement]:
    """Return the active power of buses with generators and no source, consumers included."""
    network, fed_by = model.network, {each.bus for each in model.network.sources if each.closed}
    total: dict[str, float] = {}
    for machine in network.generators:
        if machine.closed and machine.bus not in fed_by and machine.bus not in has_p:
            total[machine.bus] = total.get(machine.bus, 0.0) + machine.p_kw
    found: list[Measurement] = []
    for bus, p_kw in total.items():
        state = int(model.state_of_node[model.connections.node_of_bus[bus]])
        if state < 0 or not is_open[state]:
            continue
        rows = [
            network.consumer_position[name] for name in model.connections.consumers.get(bus, ())
        ]
        generated = max(expected.generator_std_share * abs(p_kw), _LEAST_STD_KW)
        std = float(np.hypot(generated, np.linalg.norm(expected.std_kw[rows])))
        known = _pair(p_kw + float(expected.p_kw[rows].sum()), std)
        if known:
            found.append(_power(bus, known, None))
    return found


def set_voltages(
    model: NetworkModel, expected: ExpectedConsumption, is_open: Flags
) -> list[Measurement]:
    """Return the voltages set at sources and generators of parts where voltages are open."""
    parts = set(model.island[is_open].tolist())
    found: list[Measurement] = []
    feeders: tuple[Source | Generator, ...] = (*model.network.sources, *model.network.generators)
    for each in feeders:
        state = int(model.state_of_node[model.connections.node_of_bus[each.bus]])
        if each.closed and state >= 0 and model.island[state] in parts:
            kv = model.network.buses[model.network.bus_position[each.bus]].nominal_kv
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
