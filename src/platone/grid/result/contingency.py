"""Outages as messages."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from platone.grid.contingency.consequence import Contingency, ContingencyAnalysis, Resupply
from platone.grid.contingency.interruption import DarkIsland
from platone.grid.contingency.lasting import LastingViolation
from platone.grid.network.model import Network
from platone.grid.result.unwatched import to_unwatched
from platone.messages import outage as message


def to_outage_run(
    network: Network, found: ContingencyAnalysis, instants: Sequence[datetime]
) -> message.OutageRun:
    """Return the outages of a run, the worst first; ``instants`` by scenario."""
    return message.OutageRun(
        network_id=network.id,
        version=network.version,
        instants=len(instants),
        first=instants[0],
        intact=_alarms(found.intact, instants),
        outages=[_outage(each, instants) for each in found.contingencies],
        unsupplied=_islands(found.unsupplied),
        unwatched=to_unwatched(network),
        resupply=[_resupply(tried, instants) for tried in found.resupplies],
    )


def _outage(each: Contingency, instants: Sequence[datetime]) -> message.OutageResult:
    return message.OutageResult(
        element=each.outage.element,
        name=each.outage.name,
        lost_kw=each.found.lost_kw,
        lost_kwh=each.found.lost_kwh,
        islands=_islands(each.found.islands),
        alarms=_alarms(each.found.violations, instants),
        unsolved=[instants[place] for place in each.found.unsolved],
        resupply=[_resupply(tried, instants) for tried in each.resupplies],
    )


def _resupply(tried: Resupply, instants: Sequence[datetime]) -> message.ResupplyResult:
    return message.ResupplyResult(
        closed=list(tried.elements),
        islands=_islands(tried.left.islands),
        alarms=_alarms(tried.left.violations, instants),
        unsolved=[instants[place] for place in tried.left.unsolved],
    )


def _islands(islands: Iterable[DarkIsland]) -> list[message.DarkIsland]:
    return [
        message.DarkIsland(
            buses=list(each.buses),
            consumers=list(each.consumers),
            lost_kw=each.lost_kw,
            lost_kwh=each.lost_kwh,
            lost_generation_kwh=each.lost_generation_kwh,
        )
        for each in islands
    ]


def _alarms(
    violations: Iterable[LastingViolation], instants: Sequence[datetime]
) -> list[message.LastingAlarm]:
    return [
        message.LastingAlarm(
            element=each.worst.state.element,
            kind=each.worst.state.kind,
            value=each.worst.state.value,
            limit=each.worst.state.limit,
            unit=each.worst.state.unit,
            at=instants[each.worst.scenario],
            quarter_hours=each.quarter_hours,
            intact_value=each.intact,
            name=each.worst.state.name,
        )
        for each in violations
    ]
