"""Outages: each branch of the SimBench network out of service, over a day of quarter-hours.

Beside them: power-grid-model alone, given as many states of the whole network as one batch of
loads, and pandapower with the branch switched off, a sample of the states.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import simbench
from benchmarks.harness import Row, median_s, paired_s
from benchmarks.power_flow import bare
from platone import grid
from platone.grid.contingency.outage import outages_of
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

_RUNS = 5
_DAY = slice(96 * 180, 96 * 181)
_EVERY_OUTAGE, _EVERY_QUARTER_HOUR = 20, 32
"""What of all states pandapower solves, so that it takes seconds."""


def _peer(network: Network, day: ConsumerPower) -> tuple[int, Callable[[], list[Any]]]:
    """How many states pandapower solves, and the run, which gives their voltages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp  # noqa: PLC0415 - slow, and only compared with

        net = pp.from_json_string(simbench.NETWORK_FILE.read_text("utf-8"))
    names = [each.element for each in outages_of(network)[::_EVERY_OUTAGE]]
    rows = range(0, len(day.p_kw), _EVERY_QUARTER_HOUR)
    tables = [(table, _columns(network, net, table)) for table in ("load", "sgen")]

    def solve() -> list[Any]:
        found = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in names:
                table, index = name.split("/")
                net[table].loc[int(index), "in_service"] = False
                for row in rows:
                    for kind, columns in tables:
                        sign = 1 if kind == "load" else -1
                        net[kind]["p_mw"] = sign * day.p_kw[row, columns] / 1e3
                        net[kind]["q_mvar"] = sign * day.q_kvar[row, columns] / 1e3
                        net[kind]["scaling"] = 1.0
                    pp.runpp(net, numba=False)
                    found.append(net.res_bus.vm_pu.fillna(0))
                net[table].loc[int(index), "in_service"] = True
        return found

    return len(names) * len(rows), solve


def _columns(network: Network, net: Any, table: str) -> list[int]:
    return [network.consumer_position[f"{table}/{index}"] for index in net[table].index]


def _check(network: Network, day: ConsumerPower, states: list[Any]) -> None:
    """Times compare only where the results agree: here, which buses are dark."""
    names = [each.element for each in outages_of(network)[::_EVERY_OUTAGE]]
    found = {
        each.outage.element: each.found
        for each in grid.outage(network, day, names, resupply=False).contingencies
    }
    for place, state in enumerate(states):
        name = names[place // (len(states) // len(names))]
        dark = {bus for island in found[name].islands for bus in island.buses}
        peer = {f"bus/{index}" for index in state.index[state == 0]}
        always = {bus.id for bus in network.buses} - _fed(network)
        assert peer - always == dark, name


def _fed(network: Network) -> set[str]:
    flow = grid.power_flow(network)
    return {bus.id for bus, pu in zip(network.buses, flow.voltage_pu[0], strict=True) if pu > 0}


def measure() -> list[Row]:
    """Medians of a day's outages."""
    network = simbench.grid()
    year = simbench.year(network)
    day = ConsumerPower(year.p_kw[_DAY], year.q_kvar[_DAY])
    count = len(outages_of(network))
    many = ConsumerPower(np.tile(day.p_kw, (count, 1)), np.tile(day.q_kvar, (count, 1)))
    states = len(many.p_kw)
    ours_s, bare_s = paired_s(
        lambda: grid.outage(network, day, resupply=False), bare(network, many), _RUNS
    )
    solved, peer = _peer(network, day)
    _check(network, day, peer())
    peer_s = median_s(peer, 1) / solved * states
    full = grid.outage(network, day)
    full_s = median_s(lambda: grid.outage(network, day), 3)
    what, size = "grid: outages of a day", f"{count} branches, {states:,} states"
    sample = f"{size}; {solved} of them, scaled"
    states_each = 1 + sum(len(each.resupplies) for each in full.contingencies) / count
    tried = f"{states * states_each:,.0f} states, beside as many"
    bare_of_all_s = bare_s * states_each
    return [
        Row(what, ours_s, "s", "power-grid-model alone", bare_s, size),
        Row(what, ours_s, "s", "pandapower runpp", peer_s, sample),
        Row(f"{what}, with resupply", full_s, "s", "power-grid-model alone", bare_of_all_s, tried),
    ]
