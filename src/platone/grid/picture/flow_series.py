"""Calculated states as a picture shows them."""

from collections.abc import Sequence

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flow.alarm import Violation, violations
from platone.grid.flow.limit import TOLERANCE, Limits
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.circuit import Circuit
from platone.grid.picture.state_series import Phases, StateSeries, Totals


def flow_series(flow: Flow, alarms: Sequence[Violation] | None = None) -> StateSeries:
    """Return the values of a balanced power flow, with its alarms.

    Args:
        flow: The solved states.
        alarms: Broken limits, the worst first; none: they are looked for.
    """
    circuit = flow.circuit
    at_second = _second_end(circuit, flow.from_a, flow.to_a)
    shunt_kw = (flow.node_pu**2 * circuit.shunt.real).sum(axis=1) * 1e3
    return StateSeries(
        voltage_pu=np.where(circuit.bus_fed, flow.voltage_pu, np.nan),
        fed=circuit.bus_fed,
        bus_kw=flow.bus_kw,
        bus_kvar=flow.bus_kvar,
        loading_percent=_loading_percent(circuit, flow.loading()),
        current_a=np.where(at_second, flow.to_a, flow.from_a),
        limit_a=np.where(at_second, *circuit.limits_a[::-1]),
        through_kw=np.asarray(flow.from_kva.real),
        alarms=violations(Limits(flow.network), flow) if alarms is None else alarms,
        totals=_totals(circuit, flow.power, flow.loss_kw, shunt_kw),
    )


def phase_flow_series(flow: PhaseFlow, alarms: Sequence[Violation] | None = None) -> StateSeries:
    """Return the values of an unbalanced power flow, each element's in its worst phase.

    Args:
        flow: The solved states.
        alarms: Broken limits, the worst first; none: they are looked for.
    """
    circuit = flow.circuit
    at_second = _second_end(circuit, flow.from_a.max(axis=2), flow.to_a.max(axis=2))
    phases = Phases(
        np.where(circuit.bus_fed[:, None], flow.voltage_pu, np.nan),
        np.where(at_second[:, None], flow.to_a, flow.from_a),
    )
    squared = (np.abs(flow.sequence_pu) ** 2).sum(axis=0)
    shunt_kw = (squared.T * circuit.shunt.real).sum(axis=1) * 1e3
    limits = PhaseLimits(Limits(flow.network))
    return StateSeries(
        voltage_pu=_chosen(phases.voltage_pu, phases.worst_voltage),
        fed=circuit.bus_fed,
        bus_kw=np.asarray(flow.bus_kva.real),
        bus_kvar=np.asarray(flow.bus_kva.imag),
        loading_percent=_loading_percent(circuit, flow.loading()),
        current_a=_chosen(phases.current_a, phases.worst_current),
        limit_a=np.where(at_second, *circuit.limits_a[::-1]),
        through_kw=np.asarray(flow.from_kva.real),
        alarms=violations(limits, flow) if alarms is None else alarms,
        totals=_totals(circuit, flow.power.total, flow.loss_kw, shunt_kw),
        phases=phases,
    )


def _chosen(values: Floats, phase: Places) -> Floats:
    return np.asarray(np.take_along_axis(values, phase[..., None], axis=2)[..., 0])


def _loading_percent(circuit: Circuit, loading: Floats) -> Floats:
    """Return loadings in percent; one that no alarm names is none above its limit: it is noise."""
    limited = np.isfinite(np.minimum(*circuit.limits_a))
    at_limit = (loading > 1) & (loading <= 1 + TOLERANCE)
    return np.where(limited, np.where(at_limit, 100.0, 100 * loading), np.nan)


def _second_end(circuit: Circuit, from_a: Floats, to_a: Floats) -> Flags:
    from_limit, to_limit = circuit.limits_a
    return np.asarray((to_a / to_limit).max(axis=0) > (from_a / from_limit).max(axis=0))


def _totals(circuit: Circuit, power: ConsumerPower, loss_kw: Floats, shunt_kw: Floats) -> Totals:
    consumed = power.p_kw * circuit.fed[circuit.consumer_node]
    load, given = np.maximum(consumed, 0).sum(axis=1), -np.minimum(consumed, 0).sum(axis=1)
    given = given - (circuit.generator_kw.sum() if len(circuit.generator_kw) else 0.0)
    loss = loss_kw.sum(axis=1)
    return Totals(load, given, load - given + shunt_kw + loss, loss)
