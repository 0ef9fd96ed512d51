"""The tables of networks and results: columns of one length, with units in their names."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from platone.grid.array import Floats
from platone.grid.contingency.lasting import LastingViolation
from platone.grid.flow.alarm import Violation
from platone.grid.flow.phase_state import PHASES, PhaseFlow
from platone.grid.flow.state import Flow
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.grid.phasor.component import PHASES as MEASURED_PHASES
from platone.grid.phasor.recording import RecordedPower
from platone.grid.result.source_power import source_kva
from platone.grid.shown import Columns
from platone.messages.base import Message


def fields_of(elements: Sequence[Any], names: Iterable[str]) -> dict[str, Sequence[Any]]:
    """Return the fields of elements as columns under their own names."""
    return {name: [getattr(each, name) for each in elements] for name in names}


def message_columns(messages: Sequence[Message]) -> Columns:
    """Return the contents of messages as columns, one a field."""
    names = messages[0].__struct_fields__ if messages else ()
    return fields_of(messages, names)


def when(scenarios: Sequence[int], instants: Sequence[datetime]) -> dict[str, Sequence[Any]]:
    """Return the column of instants of scenarios; of their numbers where no instants are known."""
    if not instants:
        return {"scenario": list(scenarios)}
    return {"at": [instants[each] for each in scenarios]}


def since(instants: Sequence[datetime]) -> str:
    """Return the words from which instant on some are; none where they are not known."""
    return f" from {instants[0].isoformat(timespec='minutes')}" if instants else ""


def power_columns(
    p_kw: Floats, q_kvar: Floats | None, instants: Sequence[datetime] = ()
) -> Columns:
    """Return powers of consumers, a row an instant and consumer; by phase where they are so."""
    count, consumers = p_kw.shape[:2]
    found: dict[str, Sequence[Any] | np.ndarray] = {
        **when(np.repeat(np.arange(count), consumers).tolist(), instants),
        "consumer_place": np.tile(np.arange(consumers), count),
    }
    for name, values in (("p_kw", p_kw), ("q_kvar", q_kvar)):
        if values is not None and values.ndim == len(("instant", "consumer")):
            found[name] = values.ravel()
        elif values is not None:
            flat = values.reshape(-1, len(PHASES))
            found |= _by_phase(name, flat)
    return found


def branch_columns(network: Network) -> Columns:
    """Return the branches of a network: their ends, and the currents they may carry."""
    branches = network.branches
    limit_a = circuit_of(network).limits_a[0]
    to_bus = [each.to_bus if isinstance(each, Line | Transformer) else None for each in branches]
    return {
        **fields_of(branches, ("id", "name")),
        "kind": [type(each).__name__ for each in branches],
        **fields_of(branches, ("from_bus",)),
        "to_bus": to_bus,
        "limit_a": limit_a,
    }


def consumer_columns(network: Network) -> Columns:
    """Return the consumers of a network; points of delivery have no power of their own."""
    return {
        **fields_of(network.consumers, ("id", "bus")),
        "name": [getattr(each, "name", each.id) for each in network.consumers],
        "p_kw": [getattr(each, "p_kw", None) for each in network.consumers],
        "q_kvar": [getattr(each, "q_kvar", None) for each in network.consumers],
    }


def alarm_columns(violations: Sequence[Violation], instants: Sequence[datetime]) -> Columns:
    """Return broken limits, in their order."""
    states = [each.state for each in violations]
    return {
        **when([each.scenario for each in violations], instants),
        **fields_of(states, ("element", "kind", "value", "limit", "unit", "phase")),
        "excess": [each.excess for each in violations],
    }


def lasting_columns(
    broken: Iterable[tuple[str, Sequence[LastingViolation]]], instants: Sequence[datetime]
) -> Columns:
    """Return the limits that outages break, a row an outage and limit."""
    rows = [(outage, each) for outage, violations in broken for each in violations]
    states = [each.worst.state for _, each in rows]
    return {
        "outage": [outage for outage, _ in rows],
        **fields_of(states, ("element", "kind", "value", "limit", "unit")),
        "intact_value": [each.intact for _, each in rows],
        "quarter_hours": [each.quarter_hours for _, each in rows],
        **when([each.worst.scenario for _, each in rows], instants),
    }


def bus_columns(flow: Flow, instants: Sequence[datetime]) -> Columns:
    """Return the states of buses, a row an instant and bus."""
    return {
        **_each(flow.network.buses, flow.scenarios, instants),
        "voltage_pu": flow.voltage_pu.ravel(),
        "angle_deg": np.rad2deg(flow.angle_rad).ravel(),
        "p_kw": flow.bus_kw.ravel(),
        "q_kvar": flow.bus_kvar.ravel(),
    }


def bus_phase_columns(flow: PhaseFlow, instants: Sequence[datetime]) -> Columns:
    """Return the states of buses by phase, a row an instant and bus."""
    return {
        **_each(flow.network.buses, flow.scenarios, instants),
        **_by_phase("voltage_pu", flow.voltage_pu),
        **_by_phase("angle_deg", np.rad2deg(flow.angle_rad)),
        "unbalance_percent": 100 * flow.unbalance.ravel(),
        "p_kw": flow.bus_kva.real.ravel(),
        "q_kvar": flow.bus_kva.imag.ravel(),
    }


def current_columns(flow: Flow | PhaseFlow, instants: Sequence[datetime]) -> Columns:
    """Return the states of branches, a row an instant and branch."""
    if isinstance(flow, PhaseFlow):
        amperes = {
            **_by_phase("from_a", flow.from_a),
            **_by_phase("to_a", flow.to_a),
        }
    else:
        amperes = {"from_a": flow.from_a.ravel(), "to_a": flow.to_a.ravel()}
    limit_a = flow.circuit.limits_a[0]
    percent = 100 * flow.loading()
    return {
        **_each(flow.network.branches, flow.scenarios, instants),
        **amperes,
        "limit_a": np.tile(np.where(np.isfinite(limit_a), limit_a, np.nan), flow.scenarios),
        "loading_percent": np.where(np.isfinite(limit_a), percent, np.nan).ravel(),
        "from_kw": flow.from_kva.real.ravel(),
        "from_kvar": flow.from_kva.imag.ravel(),
        "to_kw": flow.to_kva.real.ravel(),
        "to_kvar": flow.to_kva.imag.ravel(),
        "loss_kw": flow.loss_kw.ravel(),
    }


def source_columns(flow: Flow | PhaseFlow, instants: Sequence[datetime]) -> Columns:
    """Return the power that sources feed into the network, a row an instant and source."""
    kva = source_kva(flow)
    phases: dict[str, Floats] = {}
    if isinstance(flow, PhaseFlow):
        phases = {**_by_phase("p_kw", kva.real), **_by_phase("q_kvar", kva.imag)}
        kva = np.asarray(kva.sum(axis=2))
    sources = flow.network.sources
    return {
        **_each(sources, flow.scenarios, instants),
        "p_kw": kva.real.ravel(),
        "q_kvar": kva.imag.ravel(),
        **phases,
    }


def phasor_columns(found: RecordedPower) -> Columns:
    """Return the power behind phasors, a row an instant and component."""
    series = [(name, found.series(name)) for name in found.component_ids()]
    rows = [(name, at, power) for name, each in series for at, power in _rows(each)]
    power = np.array([row[2] for row in rows], np.complex128).reshape(-1, len(MEASURED_PHASES))
    return {
        "at": [row[1] for row in rows],
        "component": [row[0] for row in rows],
        **_by_phase("p_kw", power.real / 1e3),
        **_by_phase("q_kvar", power.imag / 1e3),
    }


def _rows(series: Any) -> Iterable[tuple[Any, Any]]:
    return zip(series.at.tolist(), series.power_va.tolist(), strict=True)


def _each(
    elements: Sequence[Any], scenarios: int, instants: Sequence[datetime]
) -> dict[str, Sequence[Any] | np.ndarray]:
    """Return the columns that name each row's instant and element."""
    at = when(range(scenarios), instants)
    names = [getattr(each, "name", "") or each.id for each in elements]
    return {
        **{name: np.repeat(np.array(column, object), len(elements)) for name, column in at.items()},
        "id": [each.id for each in elements] * scenarios,
        "name": names * scenarios,
    }


def _by_phase(name: str, values: Floats) -> dict[str, Floats]:
    """Return a column for each phase of values whose last axis are the phases."""
    return {f"{name}_{phase}": values[..., row].ravel() for row, phase in enumerate(PHASES)}
