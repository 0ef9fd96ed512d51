"""MATPOWER's published auction on a network: the same volumes, the same price at each place.

The case (30 buses, six generators, three loads that bid; Ray Zimmerman's `t_auction_mips.m`) is
solved there by an AC optimal power flow. Its limits are told to the market as a DSO would do it: as
tangents in that state, from a Jacobian that is made here. Reactive power of generators is free and
so offered at no price; that of a load follows its active power.

Published: generator 1 sells 23.32 MW of its second block at 50 $/MWh; load 2 pays 54.0312 $/MWh.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.market.market_case import grid_limit, offer, session, trades

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, GridLimit, Method
from platone.messages.market import RecordedService

FILE = Path(__file__).parents[2] / "data/matpower/auction_case.json"
CASE: dict[str, Any] = json.loads(FILE.read_text())
ASKED = np.array(
    [[20, 50, 60], [20, 40, 70], [20, 42, 80], [20, 44, 90], [20, 46, 75], [20, 48, 60]]
)
BLOCK_MW = (12.0, 24.0, 24.0)
BIDS = np.array([[100, 70, 60], [100, 50, 20], [100, 60, 50]])
BID_MW = 10.0
ROOM_MVAR = 3.0
DEAR = 1e4
STEP = 1e-6


def admittance() -> tuple[Any, Any, Any, list[tuple[int, int]], Any]:
    """Bus admittance, admittances of both ends of branches, their buses, and their ratings."""
    place = {row[0]: n for n, row in enumerate(CASE["buses"])}
    count = len(place)
    bus = np.diag([1j * row[3] / CASE["baseMVA"] for row in CASE["buses"]]).astype(complex)
    ends, rates, first, second = [], [], [], []
    for start, end, r, x, b, rate, status in CASE["branches"]:
        if not status:
            continue
        f, t, series, shunt = place[start], place[end], 1 / complex(r, x), 0.5j * b
        rows = np.zeros((2, count), complex)
        rows[0, f], rows[0, t] = series + shunt, -series
        rows[1, f], rows[1, t] = -series, series + shunt
        bus[f] += rows[0]
        bus[t] += rows[1]
        ends.append((f, t))
        rates.append(rate / CASE["baseMVA"])
        first.append(rows[0])
        second.append(rows[1])
    return bus, np.array(first), np.array(second), ends, np.array(rates)


def flows(state: Any) -> Any:
    """Injections P and Q of all buses, voltages, and apparent power of the rated branches' ends."""
    bus, first, second, ends, rates = admittance()
    angle, size = np.split(state, 2)
    v = size * np.exp(1j * angle)
    power = v * np.conj(bus @ v)
    rated = np.flatnonzero(rates < 1.0)
    at = [
        v[ends[n][side]] * np.conj((first, second)[side][n] @ v) for n in rated for side in (0, 1)
    ]
    return np.concatenate([power.real, power.imag, size, np.abs(at)])


def tangents(solved_state: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Balance, voltages and flows by injection (P, Q of each bus), their values, least and most."""
    count = len(CASE["buses"])
    state = np.concatenate([np.radians(solved_state["vaDeg"]), solved_state["vm"]])
    here = flows(state)
    columns = []
    for n in range(1, 2 * count):  # the first bus's angle is the reference
        step = np.zeros(2 * count)
        step[n] = STEP
        columns.append((flows(state + step) - flows(state - step)) / (2 * STEP))
    jacobian = np.array(columns).T
    solved = np.linalg.inv(jacobian[1 : 2 * count])  # state by injections, but P of the first bus
    by_rest = np.vstack([jacobian[:1], jacobian[2 * count :]]) @ solved
    own = np.zeros((len(by_rest), 1))
    own[0] = -1.0  # what the first bus injects itself
    most = np.concatenate([[0.0], [row[4] for row in CASE["buses"]], np.full(4, 0.1)])
    least = np.concatenate([[0.0], [row[5] for row in CASE["buses"]], np.full(4, -np.inf)])
    value = np.concatenate([[0.0], here[2 * count :]])
    return np.hstack([own, by_rest]), value, least, most


def auction() -> tuple[list[RecordedService], tuple[GridLimit, ...]]:
    """The blocks as offers to withdraw less, and the grid's limits, counted from no dispatch."""
    effect, value, least, most = tangents(CASE)
    place = {row[0]: n for n, row in enumerate(CASE["buses"])}
    count = len(place)
    offers, effects, moved = [], {}, {}
    for g, bus in enumerate(CASE["generatorBuses"]):
        p, q = effect[:, place[bus]], effect[:, count + place[bus]]
        left = CASE["pg"][g]
        for b, mw in enumerate(BLOCK_MW):
            name = f"GEN{g + 1}-{b + 1}"
            offers.append(offer(name, -mw, float(ASKED[g, b])))
            effects[name], moved[name] = -p, -min(left, mw)
            left -= min(left, mw)
        for sign, name in ((-1, f"GEN{g + 1}-MORE"), (1, f"GEN{g + 1}-LESS")):
            offers.append(offer(name, sign * ROOM_MVAR, 0.0))
            effects[name], moved[name] = -q, 0.0
    for d, (bus, p_mw, q_mvar) in enumerate(CASE["loads"]):
        both = effect[:, place[bus]] + q_mvar / p_mw * effect[:, count + place[bus]]
        left = -p_mw + CASE["pg"][6 + d]
        for b in (2, 1, 0):
            name = f"LOAD{d + 1}-{b + 1}"
            offers.append(offer(name, -BID_MW, float(BIDS[d, b])))
            effects[name], moved[name] = -both, -min(left, BID_MW)
            left -= min(left, BID_MW)
    names = list(effects)
    by_name = np.array([effects[name] for name in names]).T / CASE["baseMVA"]
    shift = by_name @ np.array([moved[name] for name in names])
    limits = [
        grid_limit(
            f"row/{n}",
            dict(zip(names, by_name[n].tolist(), strict=True)),
            least=float(least[n] - value[n] + shift[n]) if np.isfinite(least[n]) else None,
            most=float(most[n] - value[n] + shift[n]),
            price=DEAR * CASE["baseMVA"],
        )
        for n in range(len(by_name))
    ]
    return offers, tuple(limits)


def test_the_published_auction_comes_out() -> None:
    offers, limits = auction()
    rules = ClearingRules(method=Method.LEAST_COST)
    outcome = clear(session(*offers, rules=rules, limits=limits))
    found = trades(outcome)
    sold = {pod: -sum(each.accepted_p_change or 0.0 for each in its) for pod, its in found.items()}
    assert sold["GEN1-2"] == pytest.approx(23.32, abs=5e-3)
    for g in range(1, 7):
        assert sold[f"GEN{g}-1"] == pytest.approx(12)
        assert sold[f"GEN{g}-3"] == 0
        assert g == 1 or sold[f"GEN{g}-2"] == pytest.approx(24)
    kept = [[BID_MW - sold[f"LOAD{d}-{b}"] for b in (1, 2, 3)] for d in (1, 2, 3)]
    assert np.array(kept) == pytest.approx(np.array([[10, 10, 10], [10, 0, 0], [10, 10, 0]]))
    price = {pod: its[0].accepted_p_price for pod, its in found.items() if its}
    assert price["GEN1-1"] == pytest.approx(50, abs=1e-3)
    assert price["LOAD2-2"] == price["LOAD2-3"] == pytest.approx(54.0312, abs=1e-3)
