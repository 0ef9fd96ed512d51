"""Calculated unbalanced states as messages."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.alarm import Violation
from platone.grid.flow.chunk import day_by_day
from platone.grid.flow.phase_state import PHASES, PhaseFlow
from platone.grid.result.state import alarms_by_instant
from platone.messages.grid import (
    BranchResult,
    BusResult,
    GridState,
    Losses,
    PhaseCurrent,
    PhaseVoltage,
)


def to_phase_states(
    flow: PhaseFlow, violations: Sequence[Violation], instants: Sequence[datetime]
) -> Iterator[GridState]:
    """The states, each with its own alarms in order of severity; ``instants`` by scenario."""
    alarms = alarms_by_instant(violations, instants)
    for first, part in day_by_day(flow):
        loss = part.from_kva + part.to_kva
        buses, branches, total = _buses(part), _branches(part, loss.real), loss.sum(axis=1)
        for row in range(part.scenarios):
            instant = instants[first + row]
            yield GridState(
                at=instant,
                buses=next(buses),
                branches=next(branches),
                alarms=alarms[instant],
                losses=Losses(p_kw=float(total[row].real), q_kvar=float(total[row].imag)),
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


def _branches(flow: PhaseFlow, loss_kw: Floats) -> Iterator[list[BranchResult]]:
    percent, limit_a = flow.loading() * 100, flow.circuit.limits_a[0]
    neutral_a = np.maximum(flow.from_neutral_a, flow.to_neutral_a)
    for row in range(len(percent)):
        columns = (
            flow.from_a[row].tolist(),
            flow.to_a[row].tolist(),
            limit_a.tolist(),
            percent[row].tolist(),
            loss_kw[row].tolist(),
            neutral_a[row].tolist(),
        )
        yield [
            BranchResult(
                id=branch.id,
                name=branch.name or branch.id,
                from_a=max(from_a),
                to_a=max(to_a),
                limit_a=limit if math.isfinite(limit) else None,
                loading_percent=loading if math.isfinite(limit) else None,
                loss_kw=lost,
                phases=_currents(from_a, to_a),
                neutral_a=neutral,
            )
            for branch, from_a, to_a, limit, loading, lost, neutral in zip(
                flow.network.branches, *columns, strict=True
            )
        ]


def _currents(from_a: list[float], to_a: list[float]) -> list[PhaseCurrent]:
    return [
        PhaseCurrent(phase=phase, from_a=first, to_a=second)
        for phase, first, second in zip(PHASES, from_a, to_a, strict=True)
    ]
