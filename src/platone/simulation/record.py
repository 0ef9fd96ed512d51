"""The files of a simulation: its inputs, and for each rule set days, broken limits and lines."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TextIO

import numpy as np

from platone.kernel.canonical import complete_json
from platone.kernel.decimal_text import decimal_text
from platone.simulation.day import PlayedDay
from platone.simulation.indicator import INDICATORS
from platone.simulation.operator import broken_elements
from platone.simulation.rule_set import RuleSet
from platone.simulation.run import Simulation, SimulationResult
from platone.simulation.tally import BY_NAME, SELLERS, Tally, add_up

_DIGITS = 9
"""Digits of figures in files: more than any of them means, and few enough to hide rounding."""
_PERCENT = 100.0
"""Percent in one."""
_DAY_COLUMNS = [each.name for each in fields(Tally) if each.name not in {*SELLERS, *BY_NAME}]
_LINE_COLUMNS = [
    "lineId",
    "pod",
    "index",
    "startTime",
    "marketOutcome",
    "requestedBy",
    "offeredBy",
    "changeKw",
    "priceMicroEurPerKwh",
    "referenceMicroKwh",
    "orderedMicroKwh",
    "measuredMicroKwh",
    "deliveredMicroKwh",
    "penaltyPriceMicroEurPerKwh",
    "leastDeliveryPpm",
    "fullDeliveryPpm",
    "customerSharePpm",
    "paidEur",
    "penaltyEur",
    "customerTokens",
    "aggregatorTokens",
    "owedTokens",
]
_LIMIT_COLUMNS = ["startTime", "element", "state", "excessPercent"]
_TOKEN_DECIMALS = 18
"""Decimals of a token, which stands for one euro."""


class _Table(Protocol):
    """A CSV file that takes rows."""

    def writerow(self, row: Iterable[object], /) -> object:
        """Write a row."""

    def writerows(self, rows: Iterable[Iterable[object]], /) -> object:
        """Write many rows."""


class SimulationFolder:
    """A folder that a simulation is written to while it runs; files are closed at its end.

    Args:
        folder: The folder; it is made.
        simulation: What is run.
    """

    def __init__(self, folder: Path, simulation: Simulation) -> None:
        self.folder = folder
        self._simulation = simulation
        self._files: list[TextIO] = []
        self._days: dict[str, _Table] = {}
        self._lines: dict[str, _Table] = {}
        self._limits: dict[str, _Table] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write("order.json", self._simulation.order)
        self._write("scenario.json", self._simulation.scenario)
        self._write("portfolio.json", self._simulation.portfolio)
        for rules in self._simulation.rules:
            inside = self.folder / rules.name
            inside.mkdir(exist_ok=True)
            self._days[rules.name] = self._table(inside / "days.csv", ["day", *_DAY_COLUMNS])
            self._lines[rules.name] = self._table(inside / "lines.csv", _LINE_COLUMNS)
            self._limits[rules.name] = self._table(inside / "limits.csv", _LIMIT_COLUMNS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()

    def keep(self, rules: RuleSet, played: PlayedDay, tally: Tally) -> None:
        """Write a day under a rule set."""
        values = [getattr(tally, name) for name in _DAY_COLUMNS]
        self._days[rules.name].writerow([played.given.day.on.isoformat(), *map(figure, values)])
        self._lines[rules.name].writerows(_lines(played))
        self._limits[rules.name].writerows(_limits(played))

    def conclude(self, result: SimulationResult) -> None:
        """Write the indicators of all rule sets."""
        self._write("indicators.json", indicators_message(self._simulation, result))
        names = [rules.name for rules in self._simulation.rules]
        sums = [add_up(result.tallies[name]) for name in names]
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["indicator", "unit", *names])
        for each in INDICATORS:
            table.writerow([each.key, each.unit, *(figure(each.value(total)) for total in sums)])
        (self.folder / "indicators.csv").write_text(text.getvalue(), "utf-8")

    def _write(self, name: str, content: object) -> None:
        (self.folder / name).write_bytes(complete_json(content) + b"\n")

    def _table(self, path: Path, columns: Sequence[str]) -> "_Table":
        file = path.open("w", encoding="utf-8", newline="")
        self._files.append(file)
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        return table


def indicators_message(simulation: Simulation, result: SimulationResult) -> dict[str, object]:
    """Return the indicators of all rule sets as they go into JSON."""
    return {
        "order": simulation.order,
        "scale": simulation.site.scale,
        "remarks": [f"{each.element} {each.reason}" for each in simulation.site.remarks],
        "rules": {
            rules.name: {
                "title": rules.title,
                "clearing": rules.clearing,
                "indicators": {
                    each.key: {"value": rounded(each.value(total)), "unit": each.unit}
                    for each in INDICATORS
                },
            }
            for rules in simulation.rules
            for total in (add_up(result.tallies[rules.name]),)
        },
    }


def rounded(value: float | None) -> float | None:
    """Return a figure with the digits that files have."""
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def figure(value: float | int | None) -> str:  # noqa: PYI041 - whole numbers differ here
    """Return a figure as text for tables; whole numbers of 1e-18 EUR as they are."""
    if isinstance(value, int):
        return str(value)
    return "" if value is None else f"{value:.{_DIGITS}g}"


def _lines(played: PlayedDay) -> Iterator[list[object]]:
    terms = {item.pod.pod_id: item for item in played.given.portfolio.items}
    for each in played.lines:
        line, quantity, paid = each.line, each.quantity, each.paid
        item = terms[line.pod]
        money = (paid.paid, paid.penalty, paid.customer_tokens, paid.aggregator_tokens, paid.owed)
        yield [
            line.line_id,
            line.pod,
            line.index,
            line.starts.isoformat(),
            line.outcome_id,
            line.request_player_id,
            line.offer_player_id,
            repr(line.change_kw),
            quantity.price,
            quantity.baseline,
            quantity.ordered,
            quantity.measured,
            paid.delivered,
            round(item.penalty_eur_per_kwh * 1_000_000),
            item.least_delivery_ppm,
            item.full_delivery_ppm,
            item.customer_share_ppm,
            *(decimal_text(amount, _TOKEN_DECIMALS) for amount in money),
        ]


def _limits(played: PlayedDay) -> Iterator[list[object]]:
    """Yield each broken limit of the day, without any activation and as delivered."""
    network = played.given.site.network
    names = [each.id for each in (*network.branches, *network.buses)]
    instants = [each.isoformat() for each in played.given.day.instants()]
    for state, flow in (("without", played.given.untouched), ("delivered", played.flow)):
        broken, excess = broken_elements(played.given.site, flow)
        for row, element in np.argwhere(broken).tolist():
            yield [
                instants[row],
                names[element],
                state,
                figure(float(excess[row, element]) * _PERCENT),
            ]
