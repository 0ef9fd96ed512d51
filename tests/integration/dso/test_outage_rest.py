"""Outages of a market day over REST, beside a walk over the network file."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

START = "2021-06-22T22:00:00Z"
ITALY = Path(platone.demo.italy.__file__).with_name("scenario")


def read_network() -> Any:
    return json.loads((ITALY / "network.json").read_bytes())


def connections(network: Any) -> Iterator[tuple[str, str, str]]:
    """Branches in service: their element and both buses."""
    for kind in ("lines", "transformers"):
        for each in network.get(kind, []):
            if each.get("fromClosed", True) and each.get("toClosed", True):
                yield each["id"], each["from"], each["to"]


def dark_buses(network: Any, without: str) -> set[str]:
    """The buses that no source reaches without a branch."""
    fed = {each["bus"] for each in network["sources"]}
    edges = [(a, b) for element, a, b in connections(network) if element != without]
    grown = True
    while grown:
        grown = False
        for a, b in edges:
            if (a in fed) != (b in fed):
                fed |= {a, b}
                grown = True
    return {each["id"] for each in network["buses"]} - fed


def energy_kwh(network: Any, buses: set[str]) -> float:
    """What consumers at some buses withdraw on the day, without what they feed in."""
    with (ITALY / "baselines.csv").open() as file:
        rows = list(csv.DictReader(file))
    shapes = {each["id"]: each["factors"] for each in network["profiles"]}
    powers = [
        [float(row[each["podId"]]) for row in rows]
        for each in network["connectionPoints"]
        if each["bus"] in buses
    ]
    powers += [
        [each["pKw"] * factor for factor in shapes[each["profile"]]]
        for each in network["loads"]
        if each["bus"] in buses
    ]
    return sum(max(power, 0.0) for each in powers for power in each) / 4


async def test_each_outage_loses_what_lies_behind_it(world: Any) -> None:
    await world.prepare()
    answer = await world.call("DSO", "POST", "/api/dso/outages", {"startTime": START})
    assert answer.status_code == 200, answer.text
    run = answer.json()
    network = read_network()
    assert (run["networkId"], run["version"]) == (network["id"], network["version"])
    assert run["instants"] == 96
    assert {each["element"] for each in run["outages"]} == {
        element for element, _, _ in connections(network)
    }
    for each in run["outages"]:
        dark = dark_buses(network, each["element"])
        assert {bus for island in each["islands"] for bus in island["buses"]} == dark
        assert each["lostKwh"] == pytest.approx(energy_kwh(network, dark), rel=1e-9), each[
            "element"
        ]


async def test_named_branches_pages_and_what_is_refused(world: Any) -> None:
    await world.prepare()
    path, every = "/api/dso/outages", {"startTime": START, "resupply": False}
    whole = (await world.call("DSO", "POST", path, every)).json()
    names = [each["element"] for each in whole["outages"]]
    page = (await world.call("DSO", "POST", path + "?from=1&count=2", every)).json()
    assert [each["element"] for each in page["outages"]] == names[1:3]
    assert page["intact"] == whole["intact"]
    one = (await world.call("DSO", "POST", path, every | {"branches": names[2:3]})).json()
    assert one["outages"] == whole["outages"][2:3]
    refused = await world.call("DSO", "POST", path, every | {"branches": ["no-such-line"]})
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/unknown-branch"
    foreign = await world.call("ACEAE", "POST", path, every)
    assert foreign.status_code == 403
