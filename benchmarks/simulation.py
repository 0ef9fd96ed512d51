"""A simulated market day of 500 points of delivery: how long it takes, and of what it is made."""

import time
from datetime import date
from pathlib import Path

from benchmarks.harness import Row, median_s
from platone import grid
from platone.kernel.market_time import MarketDay
from platone.simulation.day import play_day, prepare_day
from platone.simulation.operator import WORK
from platone.simulation.rule_set import ITALIAN
from platone.simulation.run import Simulation, SimulationOrder, make_simulation
from platone.simulation.tally import Tally, tally_day

_NETWORK = Path(__file__).parents[1] / "tests" / "data" / "cim" / "cigre_mv"
_DAY = date(2026, 1, 20)
_GOAL_S = 2.0
_PODS = 500


def _play(simulation: Simulation) -> Tally:
    given = prepare_day(simulation.site, simulation.scenario, MarketDay(_DAY), 1)
    return tally_day(play_day(given, ITALIAN))


def measure() -> list[Row]:
    """Medians."""
    network = grid.read_network(_NETWORK)
    begin = time.perf_counter()
    simulation = make_simulation(network, SimulationOrder(pods=_PODS, start=_DAY, days=1))
    made_s = time.perf_counter() - begin
    tally = _play(simulation)
    assert tally.congested_h
    assert tally.ordered_kwh
    given = prepare_day(simulation.site, simulation.scenario, MarketDay(_DAY), 1)
    power = given.untouched.power
    bare_s = median_s(lambda: WORK.power_flow(simulation.site.network, power))
    day_s = median_s(lambda: _play(simulation))
    told = (
        f"{_PODS} PoDs, {len(network.buses)} buses, {tally.congested_h:g} h congested, "
        f"{int((given.portfolio.change_kw != 0).sum()):,} offered quarter-hours"
    )
    return [
        Row("simulation: a day of 500 PoDs", day_s, "s", "the goal", _GOAL_S, told),
        Row(
            "simulation: the same day",
            day_s,
            "s",
            "one power flow of its quarter-hours",
            bare_s,
            "requests, clearing, checks and settlement beside the bare physics",
        ),
        Row("simulation: scaling a network and making its PoDs", made_s, "s", note="once a run"),
    ]
