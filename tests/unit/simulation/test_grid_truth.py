"""What is told of the grid is what pandapower calculates from the delivered powers."""

import csv
from collections.abc import Callable
from typing import Any

import numpy as np
import pandapower as pp
import pytest
from tests.unit.simulation.conftest import Run

from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.state import ConsumerPower
from platone.simulation.day import PlayedDay

Quietly = Callable[[Callable[[], Any]], Any]
COUNTS = 1.001
"""A limit counts as broken from a thousandth above it."""


@pytest.fixture(scope="session")
def net(week: Run, quietly: Quietly) -> Any:
    content = write_pandapower(week.simulation.site.network).decode()
    return quietly(lambda: pp.from_json_string(content))


def broken_by_pandapower(
    net: Any, played: PlayedDay, power: ConsumerPower, row: int, quietly: Quietly
) -> set[str]:
    """The elements whose limit is broken in a quarter-hour, by pandapower and the file's limits."""
    network = played.given.site.network
    for place, each in enumerate(network.consumers):
        table, at = _row_of(net, each.id)
        sign = 1e-3 if table == "load" else -1e-3
        net[table].loc[at, "p_mw"] = sign * power.p_kw[row, place]
        net[table].loc[at, "q_mvar"] = sign * power.q_kvar[row, place]
    quietly(lambda: pp.runpp(net, numba=False, tolerance_mva=1e-9, trafo_model="pi"))
    found = set()
    for line, (_, result) in zip(network.lines, net.res_line.iterrows(), strict=True):
        if line.limit_a is not None and 1e3 * result.i_ka > COUNTS * line.limit_a:
            found.add(line.id)
    for unit, (_, result) in zip(network.transformers, net.res_trafo.iterrows(), strict=True):
        if unit.limit_percent is not None and result.loading_percent > COUNTS * unit.limit_percent:
            found.add(unit.id)
    for bus, pu in zip(network.buses, net.res_bus.vm_pu, strict=True):
        if bus.min_pu is None or bus.max_pu is None:
            continue
        slack = (COUNTS - 1) * (bus.max_pu - bus.min_pu) / 2
        if not bus.min_pu - slack <= pu <= bus.max_pu + slack:
            found.add(bus.id)
    return found


def _row_of(net: Any, consumer: str) -> tuple[str, Any]:
    for table in ("load", "sgen"):
        for column in ("pod_id", "platone_id"):
            if column in net[table]:
                found = net[table].index[net[table][column] == consumer]
                if len(found):
                    return table, found[0]
    table, _, at = consumer.partition("/")
    return table, int(at)


@pytest.mark.parametrize("state", ["without", "delivered"])
def test_broken_limits_are_those_of_an_independent_power_flow(
    week: Run, net: Any, quietly: Quietly, state: str
) -> None:
    with (week.folder / "italian" / "limits.csv").open(encoding="utf-8") as file:
        told = [row for row in csv.DictReader(file) if row["state"] == state]
    compared = congested = 0
    for played in week.days["italian"]:
        power = played.flow.power if state == "delivered" else played.given.untouched.power
        instants = [each.isoformat() for each in played.given.day.instants()]
        broken = {each["startTime"] for each in told}
        rows = [row for row, at in enumerate(instants) if at in broken]
        chosen = [*rows[:3], int(np.argmax(played.delivery.power_kw.sum(axis=1))), 0, 48]
        for row in dict.fromkeys(chosen):
            expected = {each["element"] for each in told if each["startTime"] == instants[row]}
            found = broken_by_pandapower(net, played, power, row, quietly)
            assert found == expected, instants[row]
            compared += 1
            congested += bool(expected)
    assert compared >= 21
    assert congested >= (1 if state == "delivered" else 5)
