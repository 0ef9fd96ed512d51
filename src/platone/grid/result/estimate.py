"""Estimated states as messages."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np

from platone.grid.array import Floats
from platone.grid.estimation.allocation import flow_of
from platone.grid.estimation.bad_data import ChiSquareResult
from platone.grid.estimation.measurement import (
    Injection,
    Measurement,
    Origin,
    Reading,
    VoltageMeasurement,
)
from platone.grid.estimation.number_result import number_results
from platone.grid.estimation.result import Estimation
from platone.grid.flow.alarm import found_violations
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import Flow
from platone.grid.result.doubt import doubts_of
from platone.grid.result.state import to_alarms
from platone.grid.result.unwatched import to_unwatched
from platone.messages.estimation import (
    BranchEstimate,
    BusEstimate,
    ChiSquareTest,
    GridEstimate,
    MeasurementResult,
    Observability,
    Quality,
    ReadingName,
    SuspectReading,
)
from platone.messages.grid import Losses


def to_estimate(estimation: Estimation, at: datetime) -> GridEstimate:
    """Return a state estimation as it goes on the wire."""
    flow = flow_of(estimation)
    limits = Limits(flow.network)
    broken = found_violations(limits, limits.excess(flow))
    buses, branches = bus_estimates(estimation, flow), branch_estimates(estimation, flow)
    return GridEstimate(
        at=at,
        buses=buses,
        branches=branches,
        alarms=to_alarms(broken, [at]),
        losses=Losses(p_kw=float(np.nansum(flow.loss_kw)), q_kvar=float(np.nansum(flow.loss_kvar))),
        quality=_quality(estimation),
        observability=_observability(estimation),
        measurements=_measurements(estimation),
        is_uncertainty_exact=estimation.uncertainty.is_exact,
        unwatched=to_unwatched(flow.network),
        doubts=tuple(doubts_of(estimation, buses, branches)),
    )


def _numbers(values: Floats) -> list[float | None]:
    """Return numbers for JSON, which knows no NaN: null where one is not known."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def bus_estimates(estimation: Estimation, flow: Flow) -> list[BusEstimate]:
    """Return the estimated states of the buses; ``flow`` is that of the estimation."""
    model, sure = estimation.model, estimation.uncertainty
    state = model.state_of_node[model.circuit.node_of_bus]
    is_hidden = estimation.is_magnitude_undetermined
    std_pu = np.append(np.where(is_hidden, np.nan, sure.voltage_pu), 0.0)
    std_rad = np.append(np.where(estimation.is_undetermined, np.nan, sure.angle_rad), 0.0)
    is_open = np.append(estimation.is_unobservable, False)
    columns = zip(
        model.network.buses,
        _numbers(flow.voltage_pu[0]),
        _numbers(np.rad2deg(flow.angle_rad[0])),
        _numbers(std_pu[state]),
        _numbers(np.rad2deg(std_rad[state])),
        _numbers(flow.bus_kw[0]),
        _numbers(flow.bus_kvar[0]),
        (~is_open[state]).tolist(),
        strict=True,
    )
    return [
        BusEstimate(
            id=bus.id,
            name=bus.name or bus.id,
            nominal_kv=bus.nominal_kv,
            voltage_pu=voltage_pu,
            angle_deg=angle_deg,
            std_voltage_pu=std_voltage_pu,
            std_angle_deg=std_angle_deg,
            p_kw=p_kw,
            q_kvar=q_kvar,
            is_observable=is_observable,
        )
        for (
            bus,
            voltage_pu,
            angle_deg,
            std_voltage_pu,
            std_angle_deg,
            p_kw,
            q_kvar,
            is_observable,
        ) in columns
    ]


def branch_estimates(estimation: Estimation, flow: Flow) -> list[BranchEstimate]:
    """Return the estimated states of the branches; ``flow`` is that of the estimation."""
    sure = estimation.uncertainty
    is_known = np.isfinite(flow.from_a[0])
    columns = zip(
        flow.network.branches,
        _numbers(flow.from_a[0]),
        _numbers(flow.to_a[0]),
        _numbers(_angle_deg(flow)),
        _numbers(np.where(is_known, sure.from_a, np.nan)),
        _numbers(np.where(is_known, sure.to_a, np.nan)),
        _numbers(flow.from_kva[0].real),
        _numbers(flow.from_kva[0].imag),
        _numbers(flow.circuit.limits_a[0]),
        _numbers(flow.loading()[0] * 100),
        _numbers(flow.loss_kw[0]),
        strict=True,
    )
    return [
        BranchEstimate(
            id=branch.id,
            name=branch.name or branch.id,
            from_a=from_a,
            to_a=to_a,
            from_angle_deg=from_angle_deg,
            std_from_a=std_from_a,
            std_to_a=std_to_a,
            from_kw=from_kw,
            from_kvar=from_kvar,
            limit_a=limit_a,
            loading_percent=percent if limit_a is not None else None,
            loss_kw=loss_kw,
        )
        for (
            branch,
            from_a,
            to_a,
            from_angle_deg,
            std_from_a,
            std_to_a,
            from_kw,
            from_kvar,
            limit_a,
            percent,
            loss_kw,
        ) in columns
    ]


def _angle_deg(flow: Flow) -> Floats:
    """Return the angle of the current into each branch's first end, degrees, (branches,)."""
    power, node = flow.from_kva[0], flow.node_rad[0][flow.circuit.ports.from_node]
    return np.rad2deg(np.where(np.abs(power) > 0, node - np.angle(power), 0.0))


def _names(elements: Mapping[str, str], readings: Iterable[Reading]) -> list[ReadingName]:
    return [
        ReadingName(
            measurement=each.measurement,
            quantity=each.quantity.value,
            element=elements[each.measurement],
        )
        for each in readings
    ]


def _elements(estimation: Estimation) -> dict[str, str]:
    """Return the element that each measurement is of, by the measurement's identifier."""
    return {each.id: _element(each) for each in estimation.placed.measurements}


def _element(measurement: Measurement) -> str:
    match measurement:
        case VoltageMeasurement():
            return measurement.bus
        case Injection():
            return measurement.element
        case _:
            return measurement.branch


def _quality(estimation: Estimation) -> Quality:
    elements = _elements(estimation)
    return Quality(
        first_test=_test(estimation.first_test),
        test=_test(estimation.test),
        residual_limit=estimation.limit,
        suspects=[
            SuspectReading(
                readings=_names(elements, each.readings),
                normalised_residual=each.normalised,
                error_in_std=each.error_std,
                is_removed=each.is_removed,
            )
            for each in estimation.bad
        ],
        conflicts=[_names(elements, readings) for readings in estimation.conflicts],
    )


def _test(test: ChiSquareResult) -> ChiSquareTest:
    return ChiSquareTest(
        objective=test.objective,
        degrees_of_freedom=test.degrees,
        limit=test.limit,
        confidence=test.confidence,
        probability=test.probability,
        is_passed=test.is_passed,
    )


def _observability(estimation: Estimation) -> Observability:
    model, placed = estimation.model, estimation.placed
    state = model.state_of_node[model.circuit.node_of_bus]
    is_open = np.append(estimation.is_unobservable, False)
    is_unknown = np.append(estimation.is_undetermined, False)
    names = [bus.id for bus in model.network.buses]
    pseudo = {each.id for each in placed.measurements if each.source is Origin.PSEUDO}
    counted = int(placed.sensors.is_measured.sum()) + placed.sensors.constraints.shape[0]
    return Observability(
        is_observable=not estimation.is_unobservable.any(),
        unobservable_buses=_where(names, is_open[state].tolist()),
        unknown_buses=_where(names, is_unknown[state].tolist()),
        unfed_buses=_where(names, (state < 0).tolist()),
        pseudo_measurements=[each.id for each in estimation.pseudo],
        critical=_names(
            _elements(estimation),
            (each for each in estimation.critical if each.measurement not in pseudo),
        ),
        redundancy=counted / (2 * max(placed.sensors.rows.states, 1)),
        unused={name: why for name, why in placed.unused.items() if name not in pseudo},
    )


def _where(names: Sequence[str], flags: Sequence[bool]) -> list[str]:
    return [name for name, flag in zip(names, flags, strict=True) if flag]


def _measurements(estimation: Estimation) -> list[MeasurementResult]:
    elements = _elements(estimation)
    return [
        MeasurementResult(
            readings=_names(elements, each.readings),
            measured=each.measured,
            estimated=each.estimated,
            std=each.std,
            unit=each.unit,
            normalised_residual=each.normalised,
        )
        for each in number_results(estimation)
    ]
