"""Outages as a summary for people: the worst first, one or two lines each, and no more than fit."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from platone.messages.outage import (
    DarkIsland,
    LastingAlarm,
    OutageResult,
    OutageRun,
    ResupplyResult,
)

_SHOWN = 10
"""Outages: more do not fit on a screen."""
_ALARMS_SHOWN, _NAMES_SHOWN = 3, 4
"""Alarms and names of an outage: they fit on its lines."""


def outage_text(run: OutageRun, unwatched: str) -> str:
    """Return the summary of outages; ``unwatched`` says what has no limit."""
    harmful = [each for each in run.outages if not each.is_harmless]
    lines = [_head(run), *_counts(run)]
    if run.unsupplied:
        consumers = [one for island in run.unsupplied for one in island.consumers]
        lines.append(f"without any outage: {_lost(run.unsupplied, run)}{_named(consumers)}")
        lines += _resupply(run.resupply, run) if run.resupply else []
        lines.append("  (branches without voltage are not looked at)")
    if run.intact:
        lines.append(f"{len(run.intact)} limit(s) are broken without any outage:")
        lines += [f"  {_alarm(each, run)}" for each in run.intact[:_ALARMS_SHOWN]]
        lines += _more(len(run.intact) - _ALARMS_SHOWN, "  ")
    if harmful:
        lines.append("the worst first:")
    for each in harmful[:_SHOWN]:
        lines += _outage(each, run)
    return "\n".join([*lines, *_more(len(harmful) - _SHOWN, "  "), unwatched])


def _head(run: OutageRun) -> str:
    begin = f"{run.first:%Y-%m-%d %H:%M}Z"
    span = f"{run.instants} quarter-hours from {begin}" if run.instants > 1 else begin
    return f"{len(run.outages)} outage(s), one by one, {span}"


def _counts(run: OutageRun) -> Iterator[str]:
    dark = [each for each in run.outages if each.islands]
    broken = sum(1 for each in run.outages if not each.islands and _news(each.alarms))
    collapsed = sum(1 for each in run.outages if each.unsolved)
    harmless = sum(1 for each in run.outages if each.is_harmless)
    if dark:
        yield f"  {_many(len(dark), 'leaves', 'leave')} buses without supply: {_closing(dark)}"
    if broken:
        some = _many(broken, "leaves all supplied, but breaks", "leave all supplied, but break")
        yield f"  {some} limits"
    if collapsed:
        some = _many(collapsed, "has", "have")
        yield f"  {some} no solution at some time: the voltage collapses"
    if harmless:
        yield f"  {_many(harmless, 'does', 'do')} no harm"


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _closing(dark: Sequence[OutageResult]) -> str:
    if not any(each.resupply for each in dark):
        return "no normally open switch leads there from a part with supply"
    supplied = [each for each in dark if each.resupply and each.resupply[0].supplies_all]
    clean = sum(1 for each in supplied if not _news(each.resupply[0].alarms))
    return f"closing a switch supplies {len(supplied)} again, {clean} without breaking a limit"


def _news(alarms: Sequence[LastingAlarm]) -> list[LastingAlarm]:
    """Return the alarms that the intact network has not, or has less of."""
    return [each for each in alarms if each.is_made_worse]


def _outage(each: OutageResult, run: OutageRun) -> Iterator[str]:
    found = []
    if each.islands:
        consumers = [one for island in each.islands for one in island.consumers]
        found.append(f"{_lost(each.islands, run)}{_named(consumers)}")
    if each.unsolved:
        found.append(_collapse(each.unsolved, run))
    worse = _news(each.alarms)
    if worse:
        found.append(f"{len(worse)} limit(s) broken:")
    name = each.name if each.name == each.element else f"{each.name} ({each.element})"
    yield f"  {name}: {'; '.join(found)}"
    yield from _alarms(worse, run)
    if each.resupply:
        yield from _resupply(each.resupply, run)


def _resupply(tried: Sequence[ResupplyResult], run: OutageRun) -> Iterator[str]:
    best = tried[0]
    worse = _news(best.alarms)
    told = f"{_lost(best.islands, run)} all the same" if best.islands else "all is supplied again"
    limits = f"{len(worse)} limit(s) broken:" if worse else "no limit broken"
    others = f" (best of {len(tried)})" if len(tried) > 1 else ""
    if best.unsolved:
        told, limits = "does not help", _collapse(best.unsolved, run)
    yield f"      close {' and '.join(best.closed)}{others}: {told}, {limits}"
    yield from _alarms(worse, run)


def _lost(islands: Sequence[DarkIsland], run: OutageRun) -> str:
    buses = sum(len(each.buses) for each in islands)
    power = f"{sum(each.lost_kw for each in islands):,.1f} kW"
    energy = f"{sum(each.lost_kwh for each in islands):,.1f} kWh"
    lost = f"{energy} (up to {power})" if run.instants > 1 else power
    return f"{buses} bus(es) dark, {lost} lost"


def _collapse(unsolved: Sequence[datetime], run: OutageRun) -> str:
    when = f" in {len(unsolved)} of {run.instants} quarter-hours" if run.instants > 1 else ""
    return f"the voltage collapses{when}"


def _alarms(alarms: Sequence[LastingAlarm], run: OutageRun) -> Iterator[str]:
    for each in alarms[:_ALARMS_SHOWN]:
        yield f"        {_alarm(each, run)}"
    yield from _more(len(alarms) - _ALARMS_SHOWN, "        ")


def _alarm(alarm: LastingAlarm, run: OutageRun) -> str:
    sign = ">" if alarm.value > alarm.limit else "<"
    value, limit = _number(alarm.value), _number(alarm.limit)
    told = f"{alarm.element} {alarm.kind} {value} {sign} {limit} {alarm.unit}"
    if run.instants > 1:
        told += f", {alarm.quarter_hours / 4:g} h, worst at {alarm.at:%Y-%m-%d %H:%M}Z"
    return told


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"  # noqa: PLR2004 - pu or A


def _named(consumers: Sequence[str]) -> str:
    if not consumers:
        return ", no consumer"
    names = ", ".join(consumers[:_NAMES_SHOWN])
    more = len(consumers) - _NAMES_SHOWN
    return f": {names} and {more} more" if more > 0 else f": {names}"


def _more(count: int, indent: str) -> list[str]:
    return [f"{indent}… and {count} more (see --json)"] if count > 0 else []
