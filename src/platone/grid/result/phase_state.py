"""Calculated unbalanced states as messages."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from platone.grid.array import Complexes, Floats
from platone.grid.flow.alarm import Violation
from platone.grid.flow.chunk import day_by_day
from platone.grid.flow.phase_state import PHASES, PhaseFlow
from platone.grid.result.source_power import source_kva
from platone.grid.result.state import alarms_by_instant
from platone.grid.result.unwatched import to_unwatched
from platone.messages.grid import (
    BranchResult,
    BusResult,
    GridState,
    Losses,
    PhaseCurrent,
    PhasePower,
    PhaseVoltage,
    SourceResult,
)


def to_phase_states(
    flow: PhaseFlow, violations: Sequence[Violation], instants: Sequence[datetime]
) -> Iterator[GridState]:
    """Yield unbalanced states as they go on the wire; ``instants`` are those of the scenarios."""
    alarms = alarms_by_instant(violations, instants)
    unwatched = to_unwatched(flow.network) if flow.scenarios == 1 else None
    for first, part in day_by_day(flow):
        total = (part.from_kva + part.to_kva).sum(axis=1)
        buses, branches, fed_kva = _buses(part), _branches(part), source_kva(part)
        for row in range(part.scenarios):
            instant = instants[first + row]
            yield GridState(
                at=instant,
                buses=next(buses),
                branches=next(branches),
                sources=_sources(part, fed_kva[row]),
                alarms=alarms[instant],
                losses=Losses(p_kw=float(total[row].real), q_kvar=float(total[row].imag)),
                unwatched=unwatched,
            )


def _buses(flow: PhaseFlow) -> Iterator[list[BusResult]]:
    angle_deg, positive_deg = np.rad2deg(flow.angle_rad), np.angle(flow.positive, deg=True)
    positive_pu, percent = np.abs(flow.positive), flow.unbalance * 100
    for row in range(len(positive_pu)):
        columns = (
            positive_pu[row].tolist(),
            positive_deg[row].tolist(),
            flow.bus_kva[row].tolist(),
            percent[row].tolist(),
            _voltages(flow.voltage_pu[row], angle_deg[row]),
        )
        yield [
            BusResult(
                id=bus.id,
                name=bus.name or bus.id,
                nominal_kv=bus.nominal_kv,
                voltage_pu=voltage_pu,
                angle_deg=angle,
                p_kw=kva.real,
                q_kvar=kva.imag,
                phases=phases,
                unbalance_percent=unbalance,
            )
            for bus, voltage_pu, angle, kva, unbalance, phases in zip(
                flow.network.buses, *columns, strict=True
            )
        ]


def _voltages(voltage_pu: Floats, angle_deg: Floats) -> list[list[PhaseVoltage]]:
    return [
        [
            PhaseVoltage(phase=phase, voltage_pu=pu, angle_deg=deg)
            for phase, pu, deg in zip(PHASES, *both, strict=True)
        ]
        for both in zip(voltage_pu.tolist(), angle_deg.tolist(), strict=True)
    ]


def _branches(flow: PhaseFlow) -> Iterator[list[BranchResult]]:
    percent, limit_a = flow.loading() * 100, flow.circuit.limits_a[0]
    neutral_a = np.maximum(flow.from_neutral_a, flow.to_neutral_a)
    for row in range(len(percent)):
        columns = (
            flow.from_a[row].tolist(),
            flow.to_a[row].tolist(),
            limit_a.tolist(),
            percent[row].tolist(),
            flow.from_kva[row].tolist(),
            flow.to_kva[row].tolist(),
            neutral_a[row].tolist(),
            _ends(flow, row),
        )
        yield [
            BranchResult(
                id=branch.id,
                name=branch.name or branch.id,
                from_a=max(from_a),
                to_a=max(to_a),
                limit_a=limit if math.isfinite(limit) else None,
                loading_percent=loading if math.isfinite(limit) else None,
                from_kw=first.real,
                from_kvar=first.imag,
                to_kw=second.real,
                to_kvar=second.imag,
                loss_kw=first.real + second.real,
                phases=phases,
                neutral_a=neutral,
            )
            for branch, from_a, to_a, limit, loading, first, second, neutral, phases in zip(
                flow.network.branches, *columns, strict=True
            )
        ]


def _ends(flow: PhaseFlow, row: int) -> list[list[PhaseCurrent]]:
    """Return current and power of each branch and phase at both ends."""
    first, second = flow.phase_kva
    columns = (
        flow.from_a[row].tolist(),
        flow.to_a[row].tolist(),
        first[row].tolist(),
        second[row].tolist(),
    )
    return [
        [
            PhaseCurrent(
                phase=phase,
                from_a=from_a,
                to_a=to_a,
                from_kw=from_kva.real,
                from_kvar=from_kva.imag,
                to_kw=to_kva.real,
                to_kvar=to_kva.imag,
            )
            for phase, from_a, to_a, from_kva, to_kva in zip(PHASES, *branch, strict=True)
        ]
        for branch in zip(*columns, strict=True)
    ]


def _sources(flow: PhaseFlow, fed_kva: Complexes) -> list[SourceResult]:
    return [
        SourceResult(
            id=source.id,
            name=source.id,
            p_kw=sum(phases).real,
            q_kvar=sum(phases).imag,
            phases=[
                PhasePower(phase=phase, p_kw=kva.real, q_kvar=kva.imag)
                for phase, kva in zip(PHASES, phases, strict=True)
            ],
        )
        for source, phases in zip(flow.network.sources, fed_kva.tolist(), strict=True)
    ]
