"""A week of 50 points of delivery on the CIGRE medium voltage network, as cold as it gets."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from platone import grid
from platone.grid.network.model import Network
from platone.simulation.day import PlayedDay
from platone.simulation.record import SimulationFolder
from platone.simulation.rule_set import RULE_SETS, RuleSet
from platone.simulation.run import (
    Simulation,
    SimulationOrder,
    SimulationResult,
    make_simulation,
    run_simulation,
)
from platone.simulation.scenario import Scenario
from platone.simulation.tally import Tally

CIGRE = Path(__file__).parents[2] / "data" / "cim" / "cigre_mv"
START = date(2026, 1, 15)
RULES = ("italian", "pay-as-bid", "least-cost", "network-aware", "none", "ideal")


@dataclass
class Run:
    """A simulation that has run, with all that it told."""

    simulation: Simulation
    days: dict[str, list[PlayedDay]] = field(default_factory=dict)
    tallies: dict[str, list[Tally]] = field(default_factory=dict)
    folder: Path = Path()
    result: SimulationResult = field(default_factory=SimulationResult)


@pytest.fixture(scope="session")
def cigre() -> Network:
    return grid.read_network(CIGRE)


def run_all(
    network: Network,
    folder: Path,
    order: SimulationOrder,
    scenario: Scenario | None = None,
    rules: tuple[str, ...] = ("italian",),
) -> Run:
    found = Run(
        make_simulation(network, order, scenario, rules=[RULE_SETS[name] for name in rules])
    )
    found.folder = folder

    with SimulationFolder(folder, found.simulation) as files:

        def keep(rules: RuleSet, played: PlayedDay, tally: Tally) -> None:
            found.days.setdefault(rules.name, []).append(played)
            found.tallies.setdefault(rules.name, []).append(tally)
            files.keep(rules, played, tally)

        found.result = run_simulation(found.simulation, keep)
        files.conclude(found.result)
    return found


@pytest.fixture(scope="session")
def week(cigre: Network, tmp_path_factory: pytest.TempPathFactory) -> Run:
    order = SimulationOrder(pods=50, aggregators=5, start=START, days=7, seed=7)
    folder = tmp_path_factory.mktemp("week")
    return run_all(cigre, folder, order, rules=RULES)
