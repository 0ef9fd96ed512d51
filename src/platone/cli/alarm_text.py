"""Alarms as lines for people: one an element, with its name and how long its limit is broken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.messages.grid import Alarm

_SHOWN = 10
"""Lines of a list on a screen; the JSON holds all."""
_RUNS_SHOWN = 3
"""Spans of one alarm: more do not fit in its line."""
_QUARTER_HOUR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NetworkWords:
    """The words of a network in summaries: its elements' names, and what has no limit.

    Attributes:
        names: What people call its elements, by identifier.
        unwatched: How many buses and branches no limit watches, in one line.
    """

    names: Mapping[str, str]
    unwatched: str

    def title(self, element: str) -> str:
        """Return an element's identifier, with its name where that says more."""
        name = self.names.get(element, "")
        return f"{element} ({name})" if name and name != element else element


def alarm_lines(alarms: Sequence[Alarm], network: NetworkWords) -> list[str]:
    """Return alarms grouped by element and kind, the worst first, each with when it lasts."""
    if not alarms:
        return ["no alarms"]
    groups: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in alarms:  # the worst comes first, in each group, too
        groups.setdefault((alarm.element, alarm.kind), []).append(alarm)
    lines = [f"  {_group(group, network)}" for group in groups.values()]
    elements = len({alarm.element for alarm in alarms})
    head = f"{len(alarms)} alarm(s) at {elements} element(s), the worst first:"
    return [head, *lines[:_SHOWN], *more_lines(lines)]


def alarm_line(alarm: Alarm, network: NetworkWords) -> str:
    """Return one alarm: when, where, and how far beyond its limit."""
    where = f"{alarm.at:%Y-%m-%d %H:%M}Z  {network.title(alarm.element)}"
    if alarm.kind == "unsupplied":
        return f"{where}  without supply: {alarm.value:.5g} kW"
    phase = f" phase {alarm.phase}" if alarm.phase else ""
    return (
        f"{where}{phase}  {alarm.kind} "
        f"{alarm.value:.5g} {alarm.unit}, limit {alarm.limit:.5g} {alarm.unit}"
    )


def more_lines(lines: Sequence[str]) -> list[str]:
    """Return the sentence on the lines of a list that are not shown."""
    return [f"  … and {len(lines) - _SHOWN} more (see --json)"] if len(lines) > _SHOWN else []


def _group(group: Sequence[Alarm], network: NetworkWords) -> str:
    line = alarm_line(group[0], network)
    instants = sorted({alarm.at for alarm in group})
    if len(instants) == 1:
        return line
    runs = [_span(first, last) for first, last in _runs(instants)]
    shown = ", ".join(runs[:_RUNS_SHOWN]) + (", …" if len(runs) > _RUNS_SHOWN else "")
    return f"{line}; {len(instants)} quarter-hours: {shown}"


def _runs(instants: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first and the last start of each span of quarter-hours that follow one another."""
    first = last = instants[0]
    for each in instants[1:]:
        if each - last > _QUARTER_HOUR:
            yield first, last
            first = each
        last = each
    yield first, last


def _span(first: datetime, last: datetime) -> str:
    if first == last:
        return f"{first:%Y-%m-%d %H:%M}Z"
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {end}Z"
