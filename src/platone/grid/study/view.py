"""The views of networks and results: a headline, tables, a picture where there is one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import numpy as np

from platone.grid.estimation.allocation import flow_of
from platone.grid.network.model import Network
from platone.grid.phasor.recording import RecordedPower
from platone.grid.profile.calendar import KINDS
from platone.grid.profile.day_forecast import DayForecast
from platone.grid.profile.typical_day import TypicalDays
from platone.grid.result.estimate import branch_estimates, bus_estimates
from platone.grid.shown import Columns, View, view_of
from platone.grid.study.drawing import picture
from platone.grid.study.estimation import EstimationResult
from platone.grid.study.flexibility_result import RequestResult, ValidationResult
from platone.grid.study.flow_result import Alarms, FlowResult, PhaseFlowResult
from platone.grid.study.limit import unwatched
from platone.grid.study.table import (
    alarm_columns,
    branch_columns,
    bus_columns,
    bus_phase_columns,
    consumer_columns,
    current_columns,
    fields_of,
    message_columns,
    phasor_columns,
    since,
    source_columns,
    when,
)

_QUARTER_H = 0.25
"""Hours of a quarter-hour: energy from power."""
_REMARKS_SHOWN = 3
"""Remarks that a notebook shows: they are no more than an introduction."""
_Solved = TypeVar("_Solved", FlowResult, PhaseFlowResult)


@view_of.register
def _(network: Network) -> View:
    size = f"{len(network.buses)} buses, {len(network.branches)} branches"
    more = f"{len(network.consumers)} consumers, {len(network.remarks)} remarks"
    return View(
        f"Network {_name(network)}: {size}, {more}",
        {
            "buses": lambda: fields_of(
                network.buses, ("id", "name", "nominal_kv", "min_pu", "max_pu")
            ),
            "branches": lambda: branch_columns(network),
            "consumers": lambda: consumer_columns(network),
            "remarks": lambda: fields_of(network.remarks, ("element", "reason")),
        },
        picture=partial(_svg, network),
    )


@view_of.register
def _(flow: FlowResult) -> View:
    return _flow_view("Flow", flow, bus_columns)


@view_of.register
def _(flow: PhaseFlowResult) -> View:
    return _flow_view("PhaseFlow", flow, bus_phase_columns)


@view_of.register
def _(alarms: Alarms) -> View:
    if not alarms:
        return View("no alarms", {"alarms": lambda: alarm_columns(alarms, alarms.instants)})
    worst = alarms[0].state
    return View(
        f"{len(alarms)} alarms, the worst: {worst.element} {worst.kind} {worst.value:.5g} "
        f"{worst.unit}, limit {worst.limit:.5g} {worst.unit}",
        {"alarms": lambda: alarm_columns(alarms, alarms.instants)},
    )


@view_of.register
def _(found: RequestResult) -> View:
    asked_kwh = sum(abs(need.change_kw) for need in found.needs) * _QUARTER_H
    return View(
        f"FlexibilityNeed: {len(found.violations)} alarms, {len(found.needs)} needs of "
        f"{asked_kwh:.2f} kWh in all, {len(found.incurable)} incurable",
        {
            "needs": lambda: {
                **when([each.scenario for each in found.needs], found.instants),
                "pods": [", ".join(each.pods) for each in found.needs],
                **fields_of(found.needs, ("baseline_kw", "change_kw", "change_kvar")),
            },
            "incurable": lambda: {
                **alarm_columns([each.violation for each in found.incurable], found.instants),
                "reason": [each.reason for each in found.incurable],
            },
            "alarms": lambda: alarm_columns(found.violations, found.instants),
        },
    )


@view_of.register
def _(found: ValidationResult) -> View:
    whole = [
        verdict.accepted_kw == trade.change_kw
        for trade, verdict in zip(found.trades, found.verdicts, strict=True)
    ]
    return View(
        f"Validation: {len(whole)} trades, {sum(whole)} whole, {len(whole) - sum(whole)} cut; "
        f"{len(found.violations)} alarms of them all, {len(found.left)} left",
        {
            "trades": lambda: {
                **when([trade.scenario for trade in found.trades], found.instants),
                **fields_of(found.trades, ("pod_id", "change_kw", "price_eur_per_kwh")),
                "accepted_kw": [verdict.accepted_kw for verdict in found.verdicts],
                "cut_for": [
                    ", ".join(cause.element for cause in verdict.causes)
                    for verdict in found.verdicts
                ],
            },
            "alarms": lambda: alarm_columns(found.violations, found.instants),
            "left": lambda: alarm_columns(found.left, found.instants),
        },
    )


@view_of.register
def _(found: EstimationResult) -> View:
    passed = "agrees with" if found.test.is_passed else "contradicts"
    return View(
        f"Estimation of {_name(found.network)}: {len(found.network.buses)} buses, "
        f"{int(found.is_unobservable.sum())} nodes unobservable, "
        f"{len(found.bad)} suspect readings; the state {passed} the measurements",
        {
            "buses": lambda: message_columns(bus_estimates(found, flow_of(found))),
            "branches": lambda: message_columns(branch_estimates(found, flow_of(found))),
        },
        picture=partial(_svg, found) if found.at else None,
    )


@view_of.register
def _(found: DayForecast) -> View:
    count, consumers = found.p_kw.shape
    band = {f"p_kw_band_{row}": each.ravel() for row, each in enumerate(found.band_kw)}
    return View(
        f"Forecast: {consumers} consumers, {count} quarter-hours{since(found.instants)}",
        {
            "powers": lambda: {
                "at": np.repeat(np.array(found.instants, object), consumers),
                "consumer": list(found.consumers) * count,
                "p_kw": found.p_kw.ravel(),
                **band,
                "model": list(found.chosen) * count,
            }
        },
    )


@view_of.register
def _(found: TypicalDays) -> View:
    months, kinds, quarters, consumers = found.p.mean.shape
    places = np.indices((months, kinds, quarters, consumers)).reshape(4, -1)
    return View(
        f"TypicalDays: {consumers} consumers, {months} months, {kinds} kinds of day",
        {
            "days": lambda: {
                "month": places[0] + 1,
                "kind": [KINDS[each].value for each in places[1]],
                "quarter_hour": places[2],
                "consumer": np.array(found.consumers, object)[places[3]],
                "p_kw": found.p.mean.ravel(),
            }
        },
    )


@view_of.register
def _(found: RecordedPower) -> View:
    ids = found.component_ids()
    return View(
        f"RecordedPower: {len(found.measurements)} messages of {len(ids)} components, "
        f"{len(found.problems)} problems",
        {"powers": lambda: phasor_columns(found)},
    )


def _flow_view(
    kind: str, flow: _Solved, buses: Callable[[_Solved, Sequence[datetime]], Columns]
) -> View:
    network, states = flow.network, flow.scenarios
    fed = flow.voltage_pu[flow.voltage_pu > 0]
    span = f", {fed.min():.4f} to {fed.max():.4f} pu" if fed.size else ""
    count = f"{states} states{since(flow.instants)}" if states != 1 else "1 state"

    def glance() -> Columns:
        worst = flow.alarms()[0].scenario if flow.alarms() else 0
        shown = flow.at(np.array([worst]))
        return buses(shown, shown.instants)

    return View(
        f"{kind} of {_name(network)}: {len(network.buses)} buses, {count}{span}",
        {
            "buses": lambda: buses(flow, flow.instants),
            "branches": lambda: current_columns(flow, flow.instants),
            "sources": lambda: source_columns(flow, flow.instants),
            "alarms": lambda: alarm_columns(flow.alarms(), flow.instants),
        },
        glance=glance,
        picture=partial(_svg, flow),
        notes=lambda: (
            view_of(flow.alarms()).headline,
            unwatched(network),
            *(f"{each.element}: {each.reason}" for each in flow.remarks()[:_REMARKS_SHOWN]),
        ),
    )


def _svg(shown: Network | FlowResult | PhaseFlowResult | EstimationResult) -> str:
    return picture(shown).content.decode()


def _name(network: Network) -> str:
    return repr(network.name or network.id)
