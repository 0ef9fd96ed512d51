"""`platone simulate`: market days on a network, in accelerated time."""

import sys
from pathlib import Path
from typing import TypeVar

import msgspec

from platone import grid
from platone.cli.grid_input import band_of
from platone.cli.progress import progress
from platone.kernel.canonical import complete_json
from platone.simulation.day import PlayedDay
from platone.simulation.indicator import GROUPS
from platone.simulation.portfolio import SimulatedPortfolio
from platone.simulation.problem import ScenarioInvalid
from platone.simulation.record import SimulationFolder, indicators_message
from platone.simulation.report import write_report
from platone.simulation.rule_set import RuleSet, read_rules
from platone.simulation.run import (
    Simulation,
    SimulationOrder,
    SimulationResult,
    make_simulation,
    run_simulation,
)
from platone.simulation.scenario import Scenario
from platone.simulation.tally import Tally, add_up
from platone.simulation.trace import Traces

Form = TypeVar("Form", bound=msgspec.Struct)

_LONG = 3
"""Days from which a bar of progress is worth reading."""
_SHOWN = 5
"""Digits of figures on a terminal."""


def simulate_to_folder(  # noqa: PLR0913 - one parameter an option
    *,
    network: Path,
    order: dict[str, object],
    scenario: Path | None,
    portfolio: Path | None,
    rules: list[str],
    voltage_band: str | None,
    out: Path,
    json: bool,
) -> None:
    """Run a simulation, write its folder, and say what came of it.

    Raises:
        ScenarioInvalid: A file or a number is not of the documented form.
        NetworkInvalid: The network cannot be calculated.
    """
    model = grid.with_voltage_band(grid.read_network(network), band_of(voltage_band))
    simulation = make_simulation(
        model,
        _order(order),
        None if scenario is None else _read(scenario, Scenario),
        None if portfolio is None else _read(portfolio, SimulatedPortfolio),
        [read_rules(each) for each in rules],
    )
    for remark in simulation.site.remarks:
        sys.stderr.write(f"platone: {remark.element} {remark.reason}\n")
    traces = Traces()
    with SimulationFolder(out, simulation) as folder, progress("Simulating", long=_LONG) as left:
        left(simulation.order.days)

        def tell(rules: RuleSet, played: PlayedDay, tally: Tally) -> None:
            folder.keep(rules, played, tally)
            traces.keep(rules, played, tally)

        result = run_simulation(simulation, tell, left)
        folder.conclude(result)
        page = write_report(out, simulation, result, traces)
    if json:
        message = complete_json(indicators_message(simulation, result))
        sys.stdout.buffer.write(message + b"\n")
    else:
        sys.stdout.write(f"{_summary(simulation, result)}\n{page} is written\n")


def _order(given: dict[str, object]) -> SimulationOrder:
    try:
        return msgspec.convert(given, SimulationOrder)
    except msgspec.ValidationError as error:
        raise ScenarioInvalid(f"The options cannot be: {error}") from error


def _read(path: Path, kind: type[Form]) -> Form:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise ScenarioInvalid(f"{path}: {error}", file=path.name) from error


def _summary(simulation: Simulation, result: SimulationResult) -> str:
    """Return the indicators as a table for a terminal, a column for each rule set."""
    names = [rules.name for rules in simulation.rules]
    sums = [add_up(result.tallies[name]) for name in names]
    lines = [f"{'':36}{'':10}" + "".join(f"{name:>14}" for name in names)]
    for title, group in GROUPS:
        lines.append(title)
        for each in group:
            values = [each.value(total) for total in sums]
            shown = "".join(
                f"{'-' if value is None else f'{value:.{_SHOWN}g}':>14}" for value in values
            )
            lines.append(f"  {each.title:34}{each.unit:10}{shown}")
    return "\n".join(lines)
