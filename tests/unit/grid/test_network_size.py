"""Networks of one bus and of very many."""

import json
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.grid.file.own_form import read_network


def content(buses: int) -> dict[str, Any]:
    """A binary tree of lines, fed at its root."""
    return {
        "format": "platone-network/1",
        "id": "n",
        "name": "n",
        "version": "1",
        "buses": [{"id": f"b{i}", "nominalKv": 20.0} for i in range(buses)],
        "sources": [{"id": "S", "bus": "b0", "voltagePu": 1.0}],
        "lines": [
            {
                "id": f"l{i}",
                "from": f"b{(i - 1) // 2}",
                "to": f"b{i}",
                "lengthKm": 0.1,
                "resistanceOhmPerKm": 0.2,
                "reactanceOhmPerKm": 0.1,
                "capacitanceNfPerKm": 0,
                "limitA": 300,
            }
            for i in range(1, buses)
        ],
        "loads": [
            {"id": f"d{i}", "bus": f"b{i}", "pKw": 10.0, "qKvar": 2.0} for i in (0, -1 % buses)
        ][: min(buses, 2)],
    }


def test_a_network_of_one_bus() -> None:
    network = read_network(json.dumps(content(1)).encode())
    flow = grid.power_flow(network)
    assert flow.voltage_pu.tolist() == [[1.0]]
    assert flow.bus_kw[0, 0] == pytest.approx(0.0, abs=1e-9)
    assert flow.from_a.shape == (1, 0)
    assert not flow.alarms()


def test_a_network_of_100_000_buses() -> None:
    network = read_network(json.dumps(content(100_000)).encode())
    flow = grid.power_flow(network)
    leaf, depth = 99_999, 0
    while leaf:
        leaf, depth = (leaf - 1) // 2, depth + 1
    # by hand: no-load but for one customer behind `depth` lines, dV = (P R + Q X) / V^2
    drop = depth * (10.0 * 0.02 + 2.0 * 0.01) * 1e3 / 20_000.0**2
    assert 1 - flow.voltage_pu[0, 99_999] == pytest.approx(drop, rel=1e-3)
    assert np.count_nonzero(flow.from_a[0] > 1e-3) == depth
