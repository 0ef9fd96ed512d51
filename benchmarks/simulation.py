"""A simulated market day of 500 points of delivery: how long it takes, and of what it is made."""

import statistics
import time
from datetime import date
from pathlib import Path

import msgspec

from benchmarks.harness import Row, median_s, paired_s
from platone import grid
from platone.kernel.market_time import MarketDay
from platone.simulation.count import tally_day
from platone.simulation.day import play_day, prepare_day
from platone.simulation.operator import WORK
from platone.simulation.rule_set import ITALIAN
from platone.simulation.run import Simulation, SimulationOrder, make_simulation
from platone.simulation.scenario import Scenario
from platone.simulation.tally import Tally

_NETWORK = Path(__file__).parents[1] / "tests" / "data" / "cim" / "cigre_mv"
_DAY = date(2026, 1, 20)
_GOAL_S = 2.0
_PODS = 500
_RUNS = 5


def _play(simulation: Simulation) -> Tally:
    given = prepare_day(simulation.site, simulation.scenario, MarketDay(_DAY), 1)
    return tally_day(play_day(given, ITALIAN))


def _everybody() -> Scenario:
    """All technologies in each point of delivery, and all of them sell."""
    full = Scenario()
    kinds = {
        name: msgspec.structs.replace(getattr(full, name), share=1.0)
        for name in ("solar", "heat_pump", "car")
    }
    return msgspec.structs.replace(full, selling_share=1.0, **kinds)


def _processor_s(simulation: Simulation) -> float:
    """Median processor time of a day, which other programs disturb less."""
    times = []
    for _ in range(_RUNS):
        begin = time.process_time()
        _play(simulation)
        times.append(time.process_time() - begin)
    return statistics.median(times)


def _told(simulation: Simulation, tally: Tally) -> str:
    given = prepare_day(simulation.site, simulation.scenario, MarketDay(_DAY), 1)
    offers = int((given.portfolio.change_kw != 0).sum())
    buses = len(simulation.site.network.buses)
    return (
        f"{_PODS} PoDs, {buses} buses, {tally.congested_h:g} h congested, "
        f"{offers:,} offered quarter-hours"
    )


def measure() -> list[Row]:
    """Medians."""
    network = grid.read_network(_NETWORK)
    order = SimulationOrder(pods=_PODS, start=_DAY, days=1)
    begin = time.perf_counter()
    simulation = make_simulation(network, order)
    made_s = time.perf_counter() - begin
    tally = _play(simulation)
    assert tally.congested_h
    assert tally.ordered_kwh
    given = prepare_day(simulation.site, simulation.scenario, MarketDay(_DAY), 1)
    power = given.untouched.power
    day_s, bare_s = paired_s(
        lambda: _play(simulation), lambda: WORK.power_flow(simulation.site.network, power)
    )
    full = make_simulation(network, order, _everybody())
    full_s = median_s(lambda: _play(full))
    bare = "one power flow of its quarter-hours"
    told, full_told = _told(simulation, tally), _told(full, _play(full))
    beside = "requests, clearing, checks and settlement beside the bare physics"
    return [
        Row("simulation: a day of 500 PoDs", day_s, "s", "the goal", _GOAL_S, told),
        Row("simulation: … processor", _processor_s(simulation), "s", "the goal", _GOAL_S, told),
        Row("simulation: … everybody offers", full_s, "s", "the goal", _GOAL_S, full_told),
        Row("simulation: … processor", _processor_s(full), "s", "the goal", _GOAL_S, full_told),
        Row("simulation: the first of these days", day_s, "s", bare, bare_s, beside),
        Row("simulation: scaling a network and making its PoDs", made_s, "s", note="once a run"),
    ]
