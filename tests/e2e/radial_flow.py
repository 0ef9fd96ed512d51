"""An independent power flow for the tests: backward/forward sweep on a radial network file.

It shares no code and no method with the product (which solves nodal equations): each bus's
current is summed up towards the source, then voltages are carried down from it, until they stand.
"""

import math
from collections.abc import Mapping
from typing import Any

_TAN_PHI = math.tan(math.acos(0.9))
_OMEGA = 2 * math.pi * 50


def currents_a(network: Mapping[str, Any], pods_kw: Mapping[str, float]) -> dict[str, float]:
    """Current at the more loaded end of each line, A; loads as the file has them."""
    power = _powers(network, pods_kw)
    source = network["sources"][0]
    root = source["bus"]
    kv = {bus["id"]: bus["nominalKv"] for bus in network["buses"]}
    order, above = _tree(network, root)
    volt = {bus: complex(kv[bus]) for bus in order}
    volt[root] *= source["voltagePu"]
    ends: dict[str, tuple[complex, complex]] = {}
    for _ in range(200):
        drawn = {bus: (power[bus] / volt[bus]).conjugate() for bus in order}
        for bus in reversed(order[1:]):
            branch, up = above[bus]
            here, there = _ends(branch, up, drawn[bus], volt[up], volt[bus])
            ends[branch["id"]] = (here, there)
            drawn[up] += there
        worst = 0.0
        for bus in order[1:]:
            branch, up = above[bus]
            series = _series_current(branch, ends[branch["id"]][0], volt[bus])
            new = _ratio(branch, up) * volt[up] - series * _impedance(branch)
            worst = max(worst, abs(new - volt[bus]))
            volt[bus] = new
        if worst < 1e-12:
            break
    lines = {line["id"] for line in network["lines"]}
    return {
        name: max(abs(pair[0]), abs(pair[1])) / math.sqrt(3) * 1e3
        for name, pair in ends.items()
        if name in lines
    }


def _powers(network: Mapping[str, Any], pods_kw: Mapping[str, float]) -> dict[str, complex]:
    """What each bus draws, MVA."""
    power = {bus["id"]: 0j for bus in network["buses"]}
    for load in network["loads"]:
        power[load["bus"]] += complex(load["pKw"], load["qKvar"]) / 1e3
    for point in network["connectionPoints"]:
        kw = pods_kw[point["podId"]]
        power[point["bus"]] += complex(kw, kw * _TAN_PHI) / 1e3
    return power


def _tree(
    network: Mapping[str, Any], root: str
) -> tuple[list[str], dict[str, tuple[Mapping[str, Any], str]]]:
    order, above = [root], {}
    branches = [*network["lines"], *network["transformers"]]
    for bus in order:
        for branch in branches:
            for one, other in ((branch["from"], branch["to"]), (branch["to"], branch["from"])):
                if one == bus and other not in order:
                    order.append(other)
                    above[other] = (branch, bus)
    return order, above


def _is_line(branch: Mapping[str, Any]) -> bool:
    return "lengthKm" in branch


def _impedance(branch: Mapping[str, Any]) -> complex:
    """Series impedance seen from the lower side, ohm."""
    if _is_line(branch):
        per_km = complex(branch["resistanceOhmPerKm"], branch["reactanceOhmPerKm"])
        return per_km * float(branch["lengthKm"])
    base = float(branch["toKv"] ** 2 / (branch["ratedKva"] / 1e3))
    z, r = branch["shortCircuitPercent"] / 100, branch["copperLossKw"] / branch["ratedKva"]
    return complex(r, math.sqrt(z * z - r * r)) * base


def _half_shunt(branch: Mapping[str, Any]) -> complex:
    """Half of the shunt admittance, siemens on the lower side."""
    if _is_line(branch):
        return 1j * _OMEGA * float(branch["capacitanceNfPerKm"] * branch["lengthKm"]) * 1e-9 / 2
    base = float(branch["toKv"] ** 2 / (branch["ratedKva"] / 1e3))
    g = branch["ironLossKw"] / branch["ratedKva"]
    b = math.sqrt((branch["noLoadPercent"] / 100) ** 2 - g * g)
    return complex(g, -b) / base / 2


def _ratio(branch: Mapping[str, Any], _up: str) -> float:
    """Voltage of the lower side over that of the upper, without load."""
    if _is_line(branch):
        return 1.0
    return float(branch["toKv"] / branch["fromKv"])


def _series_current(branch: Mapping[str, Any], here: complex, volt: complex) -> complex:
    return here + volt * _half_shunt(branch)


def _ends(
    branch: Mapping[str, Any], up: str, drawn: complex, volt_up: complex, volt: complex
) -> tuple[complex, complex]:
    """Current into the lower bus, and out of the upper one (line-to-line base, kA * sqrt 3)."""
    ratio = _ratio(branch, up)
    series = drawn + volt * _half_shunt(branch)
    return drawn, (series + ratio * volt_up * _half_shunt(branch)) * ratio
