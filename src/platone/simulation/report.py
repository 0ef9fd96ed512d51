"""The report of a simulation: one page that needs nothing else."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from platone.grid.array import Floats
from platone.kernel.canvas import number
from platone.kernel.style.sheet import common_style
from platone.market.domain.rejection import Rejection
from platone.simulation.chart import Stack, by_month, draw_bars, draw_calendar, draw_columns
from platone.simulation.indicator import GROUPS
from platone.simulation.indicator_form import Indicator
from platone.simulation.rule_set import RuleSet, Way
from platone.simulation.run import Simulation, SimulationResult
from platone.simulation.tally import REASONS, Tally, add_up
from platone.simulation.trace import Traces

_TEMPLATES = Path(__file__).with_name("template")
_COLOURS = ("first", "second", "third", "fourth", "fifth", "sixth")
"""Classes of the rule sets' colours, in their order."""
_ELEMENTS = 12
"""Elements that are shown: the worst; others are in the files."""
_ATTO = 10**18
"""1e-18 EUR in a euro."""
_MANY, _SOME = 1000, 10
"""Figures from which no digit after the point is shown, and from which one is."""


def write_report(
    folder: Path, simulation: Simulation, result: SimulationResult, traces: Traces
) -> Path:
    """Write index.html into a simulation's folder, and return its path."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["figure"] = shown
    page = environment.get_template("index.html.j2").render(_content(simulation, result, traces))
    target = folder / "index.html"
    target.write_text(page + "\n", "utf-8")
    return target


def shown(value: float | None) -> str:
    """Return a figure for people; a dash where there is none."""
    if value is None:
        return "\u2013"
    size = abs(value)
    return number(value, 0 if size >= _MANY else 1 if size >= _SOME else 3)


def _content(simulation: Simulation, result: SimulationResult, traces: Traces) -> dict[str, Any]:
    rules = simulation.rules
    sums = {each.name: add_up(result.tallies[each.name]) for each in rules}
    first = rules[0]
    markets = [each for each in rules if each.way is Way.MARKET]
    paying = [each for each in rules if each.way is not Way.NOTHING]
    days = traces.by_rules[first.name].days
    colours = {each.name: f"rule {_COLOURS[at % len(_COLOURS)]}" for at, each in enumerate(rules)}
    return {
        "style": Markup(common_style() + (_TEMPLATES / "style.css").read_text("utf-8")),  # noqa: S704 - our own files
        "simulation": simulation,
        "network": simulation.site.network,
        "rules": rules,
        "legends": {
            name: [(colours[each.name], each.title) for each in some]
            for name, some in (("all", rules), ("paying", paying), ("markets", markets))
        },
        "first": first,
        "tiles": _tiles(sums[first.name]),
        "calendars": _calendars(paying, traces, days, traces.by_rules[first.name].before),
        "columns": [
            (each, _svg(_congestion(each, days, result.tallies[each.name]))) for each in paying
        ],
        "elements": _svg(_elements(rules, colours, traces)) if _has_elements(traces) else None,
        "costs": _svg(_costs(paying, colours, days, result)),
        "reasons": _svg(_reasons(markets, colours, sums)),
        "unasked": [
            (each, sums[each.name].rejected.get(Rejection.NO_REQUEST.value, 0.0))
            for each in markets
        ],
        "shares": _svg(_shares(markets, colours, sums)),
        "groups": [(title, _rows(group, rules, sums)) for title, group in GROUPS],
        "assumptions": msgspec.to_builtins(simulation.scenario),
        "first_day": simulation.order.start,
        "pods": len(simulation.portfolio.pods),
        "aggregators": len({each.aggregator_id for each in simulation.portfolio.pods}),
    }


def _svg(picture: str) -> Markup:
    return Markup(picture)  # noqa: S704 - the canvas escapes every text


def _tiles(tally: Tally) -> list[tuple[str, str]]:
    every = {each.key: each for _, group in GROUPS for each in group}

    def told(key: str) -> str:
        return f"{shown(every[key].value(tally))} {every[key].unit}"

    return [
        (told("congestedHours"), "in which a limit would break without flexibility"),
        (told("solvedHours"), "of them without any broken limit as it was delivered"),
        (told("ordered"), "ordered and activated"),
        (told("netCost"), "paid by DSO and TSO, less penalties"),
    ]


def _calendars(
    rules: Sequence[RuleSet], traces: Traces, days: Sequence[date], before: Sequence[Floats]
) -> list[tuple[str, Markup]]:
    found = [("without any activation", before)]
    found += [(f"as delivered: {each.title}", traces.by_rules[each.name].after) for each in rules]
    return [
        (title, _svg(draw_calendar(days, excess, f"Hours of broken limits {title}")))
        for title, excess in found
    ]


def _congestion(rules: RuleSet, days: Sequence[date], tallies: Sequence[Tally]) -> str:
    parts = {
        kind: by_month(days, [getattr(each, name) for each in tallies])
        for name, kind in (("solved_h", "good"), ("left_h", "over"), ("caused_h", "near"))
    }
    stacks = [
        Stack(name, tuple((parts[kind][place][1], f"bar {kind}") for kind in parts))
        for place, (name, _) in enumerate(parts["good"])
    ]
    return draw_columns(stacks, "h", f"Congested hours over time: {rules.title}")


def _has_elements(traces: Traces) -> bool:
    return any(trace.elements for trace in traces.by_rules.values())


def _elements(rules: Sequence[RuleSet], colours: Mapping[str, str], traces: Traces) -> str:
    first = traces.by_rules[rules[0].name].elements
    worst = sorted(first, key=lambda name: (-first[name].before_h, name))[:_ELEMENTS]
    rows = [
        (name, [(first[name].before_h, "base"), *_after(name, rules, colours, traces)])
        for name in worst
    ]
    return draw_bars(rows, "h", "Hours of broken limits by element")


def _after(
    name: str, rules: Sequence[RuleSet], colours: Mapping[str, str], traces: Traces
) -> list[tuple[float, str]]:
    found = []
    for each in rules:
        elements = traces.by_rules[each.name].elements
        after_h = elements[name].after_h if name in elements else 0.0
        found.append((after_h, colours[each.name]))
    return found


def _costs(
    rules: Sequence[RuleSet],
    colours: Mapping[str, str],
    days: Sequence[date],
    result: SimulationResult,
) -> str:
    by_rules = {
        rule.name: by_month(
            days,
            [
                (each.dso_paid + each.tso_paid - each.penalty) / _ATTO + each.ideal_eur
                for each in result.tallies[rule.name]
            ],
        )
        for rule in rules
    }
    names = [name for name, _ in by_month(days, [0.0] * len(days))]
    rows = [
        (name, [(months[place][1], colours[at]) for at, months in by_rules.items()])
        for place, name in enumerate(names)
    ]
    return draw_bars(rows, "EUR", "Net cost over time")


def _reasons(
    rules: Sequence[RuleSet], colours: Mapping[str, str], sums: Mapping[str, Tally]
) -> str:
    """Draw the reasons but the one of what nobody asks for, beside which no other is seen."""
    rows = [
        (
            reason,
            [(sums[each.name].rejected.get(reason, 0.0), colours[each.name]) for each in rules],
        )
        for reason in REASONS
        if reason != Rejection.NO_REQUEST.value
    ]
    return draw_bars(rows, "kWh", "Offered energy that was not taken, by reason")


def _shares(rules: Sequence[RuleSet], colours: Mapping[str, str], sums: Mapping[str, Tally]) -> str:
    parties = sorted({party for each in sums.values() for party in each.by_aggregator})
    rows = [
        (
            party,
            [(sums[each.name].by_aggregator.get(party, 0.0), colours[each.name]) for each in rules],
        )
        for party in parties
    ]
    return draw_bars(rows, "kWh", "Ordered energy by aggregator")


def _rows(
    group: Sequence[Indicator], rules: Sequence[RuleSet], sums: dict[str, Tally]
) -> list[tuple[Indicator, list[float | None]]]:
    return [(each, [each.value(sums[rule.name]) for rule in rules]) for each in group]
