"""Differences between two versions of a network: changed by hand, and nothing else is told."""

from dataclasses import replace
from pathlib import Path

import pytest

import platone.demo.italy
from platone.grid.file.network_source import read_network_content
from platone.grid.network.difference import Fate, network_difference
from platone.grid.network.element import Bus, Profile
from platone.grid.network.model import Network

FILE = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network_content("italy", FILE.read_bytes(), "solved")


def told(before: Network, after: Network) -> list[tuple[str, str, str, list[tuple[str, ...]]]]:
    return [
        (
            each.kind,
            each.element,
            each.fate.value,
            [(one.name, one.unit, one.before, one.after) for one in each.fields],
        )
        for each in network_difference(before, after)
    ]


def test_the_same_network_in_another_order_does_not_differ(network: Network) -> None:
    other = replace(network, version="2", lines=network.lines[::-1], buses=network.buses[::-1])
    assert told(network, other) == []


def test_a_changed_limit_is_told_with_both_values_and_unit(network: Network) -> None:
    line = network.lines[1]
    lines = (network.lines[0], replace(line, limit_a=230.0), *network.lines[2:])
    assert told(network, replace(network, lines=lines)) == [
        ("line", line.id, "changed", [("limit", "A", "212.8", "230.0")])
    ]
    unlimited = (network.lines[0], replace(line, limit_a=None, to_closed=False), *network.lines[2:])
    assert told(network, replace(network, lines=unlimited)) == [
        ("line", line.id, "changed", [("limit", "A", "212.8", ""), ("to closed", "", "yes", "no")])
    ]


def test_added_and_removed_change_sides_when_the_versions_do(network: Network) -> None:
    new = Bus(id="bus/new", name="New", nominal_kv=20.0, min_pu=0.9, max_pu=1.1)
    after = replace(network, buses=(*network.buses, new), loads=network.loads[1:])
    gone = network.loads[0].id
    assert told(network, after) == [
        ("bus", "bus/new", "added", []),
        ("load", gone, "removed", []),
    ]
    back = network_difference(after, network)
    assert [(each.element, each.fate) for each in back] == [
        ("bus/new", Fate.REMOVED),
        (gone, Fate.ADDED),
    ]


def test_points_of_delivery_are_known_by_their_identifier(network: Network) -> None:
    point = network.connection_points[0]
    points = (replace(point, bus=network.buses[0].id), *network.connection_points[1:])
    ((kind, element, fate, fields),) = told(network, replace(network, connection_points=points))
    assert (kind, element, fate) == ("connection point", point.pod_id, "changed")
    assert fields == [("bus", "", point.bus, network.buses[0].id)]


def test_of_a_profile_the_first_place_that_differs_is_told(network: Network) -> None:
    was = Profile(id="p", factors=(0.5,) * 96)
    now = Profile(id="p", factors=(0.5,) * 12 + (0.75, 0.7) + (0.5,) * 82)
    changed = told(replace(network, profiles=(was,)), replace(network, profiles=(now,)))
    assert changed == [
        (
            "profile",
            "p",
            "changed",
            [("factors", "", "0.5 at 12 and 1 more", "0.75 at 12 and 1 more")],
        )
    ]


def test_the_network_itself_may_differ(network: Network) -> None:
    assert told(network, replace(network, frequency_hz=60.0, version="2")) == [
        ("network", network.id, "changed", [("frequency", "Hz", "50.0", "60.0")])
    ]
