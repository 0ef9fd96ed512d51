"""Calculated states as messages."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from platone.grid.array import Complexes, Floats
from platone.grid.flow.alarm import Violation
from platone.grid.flow.chunk import day_by_day
from platone.grid.flow.state import Flow
from platone.grid.result.file_state import file_state
from platone.grid.result.source_power import source_kva
from platone.grid.result.unwatched import to_unwatched
from platone.messages.grid import (
    Alarm,
    BranchResult,
    BusResult,
    GridState,
    Losses,
    SourceResult,
)


def to_alarms(violations: Sequence[Violation], instants: Sequence[datetime]) -> list[Alarm]:
    """Return broken limits as they go on the wire, in their order; ``instants`` by scenario."""
    return [
        Alarm(
            element=violation.state.element,
            kind=violation.state.kind,
            value=violation.state.value,
            limit=violation.state.limit,
            unit=violation.state.unit,
            at=instants[violation.scenario],
            phase=violation.state.phase,
            name=violation.state.name,
        )
        for violation in violations
    ]


def alarms_by_instant(
    violations: Sequence[Violation], instants: Sequence[datetime]
) -> dict[datetime, list[Alarm]]:
    """Return the alarms of each instant, in order of severity; ``instants`` by scenario."""
    found: dict[datetime, list[Alarm]] = {instant: [] for instant in instants}
    for alarm in to_alarms(violations, instants):
        found[alarm.at].append(alarm)
    return found


def to_states(
    flow: Flow, violations: Sequence[Violation], instants: Sequence[datetime]
) -> Iterator[GridState]:
    """Yield balanced states as they go on the wire; those of a year fill no memory."""
    alarms = alarms_by_instant(violations, instants)
    unwatched = to_unwatched(flow.network) if flow.scenarios == 1 else None
    limit_a = flow.circuit.limits_a[0]
    for first, part in day_by_day(flow):
        percent, loss = part.loading() * 100, part.loss_kva.sum(axis=1)
        fed_kva, of_file = source_kva(part), file_state(part) if flow.scenarios == 1 else None
        for row in range(part.scenarios):
            instant = instants[first + row]
            yield GridState(
                at=instant,
                buses=_buses(part, row),
                branches=_branches(part, row, percent[row], limit_a),
                sources=_sources(part, fed_kva[row]),
                alarms=alarms[instant],
                losses=Losses(p_kw=float(loss[row].real), q_kvar=float(loss[row].imag)),
                file_state=of_file,
                unwatched=unwatched,
            )


def _buses(flow: Flow, row: int) -> list[BusResult]:
    columns = (
        flow.voltage_pu[row].tolist(),
        np.rad2deg(flow.angle_rad[row]).tolist(),
        flow.bus_kw[row].tolist(),
        flow.bus_kvar[row].tolist(),
    )
    return [
        BusResult(
            id=bus.id,
            name=bus.name or bus.id,
            nominal_kv=bus.nominal_kv,
            voltage_pu=voltage_pu,
            angle_deg=angle_deg,
            p_kw=p_kw,
            q_kvar=q_kvar,
        )
        for bus, voltage_pu, angle_deg, p_kw, q_kvar in zip(
            flow.network.buses, *columns, strict=True
        )
    ]


def _branches(flow: Flow, row: int, percent: Floats, limit_a: Floats) -> list[BranchResult]:
    columns = (
        flow.from_a[row].tolist(),
        flow.to_a[row].tolist(),
        limit_a.tolist(),
        percent.tolist(),
        flow.from_kva[row].tolist(),
        flow.to_kva[row].tolist(),
    )
    return [
        BranchResult(
            id=branch.id,
            name=branch.name or branch.id,
            from_a=from_a,
            to_a=to_a,
            limit_a=limit if math.isfinite(limit) else None,
            loading_percent=loading_percent if math.isfinite(limit) else None,
            from_kw=first.real,
            from_kvar=first.imag,
            to_kw=second.real,
            to_kvar=second.imag,
            loss_kw=first.real + second.real,
        )
        for branch, from_a, to_a, limit, loading_percent, first, second in zip(
            flow.network.branches, *columns, strict=True
        )
    ]


def _sources(flow: Flow, fed_kva: Complexes) -> list[SourceResult]:
    return [
        SourceResult(id=source.id, name=source.id, p_kw=kva.real, q_kvar=kva.imag)
        for source, kva in zip(flow.network.sources, fed_kva.tolist(), strict=True)
    ]
