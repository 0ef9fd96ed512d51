"""Labels and marks of crowded pictures: public low-voltage networks, on their own maps."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pandapower as pp
import pandapower.networks as pn
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.model import Network
from platone.grid.picture.draw import draw_network

SVG = "{http://www.w3.org/2000/svg}"
LETTERS = {"start": 0.0, "middle": 0.5, "end": 1.0}
NARROW = 0.52
"""A width of letters below the drawing's own estimate: what it calls apart is well apart."""


def make_village() -> Any:
    return pn.create_synthetic_voltage_control_lv_network("village_2")


def broken_village() -> Any:
    """Nearly every branch beyond a limit of one ampere."""
    net = make_village()
    net.line["max_i_ka"] = 0.001
    return net


@pytest.fixture(scope="module")
def drawn(quietly: Callable[..., Any], engine: GridModelPowerFlow) -> Callable[..., ET.Element]:
    def draw(make: Callable[[], Any]) -> ET.Element:
        network: Network = quietly(lambda: read_pandapower(pp.to_json(make()).encode()))
        flow = engine.solve(network, snapshot(network))
        return ET.fromstring(draw_network(network, flow))  # noqa: S314 - our own

    return draw


def boxes(root: ET.Element) -> list[tuple[str, float, float, float, float]]:
    found = []
    (group,) = [each for each in root.iter(f"{SVG}g") if each.get("class") == "labels"]
    for each in group.iter(f"{SVG}text"):
        size = float(str(each.get("font-size")).removesuffix("px"))
        width = NARROW * size * len(each.text or "")
        left = float(str(each.get("x"))) - LETTERS[each.get("text-anchor", "start")] * width
        base = float(str(each.get("y")))
        found.append((each.text or "", left, base - 0.7 * size, left + width, base))
    return found


@pytest.mark.parametrize("make", [make_village, pn.create_cigre_network_lv])
def test_no_label_covers_another(drawn: Callable[..., ET.Element], make: Callable[[], Any]) -> None:
    found = boxes(drawn(make))
    assert len(found) > 80
    covered = [
        (a[0], b[0])
        for a, b in combinations(found, 2)
        if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4]
    ]
    assert covered == []


def test_every_bus_of_a_village_has_its_name(drawn: Callable[..., ET.Element]) -> None:
    said = " ".join(text for text, *_ in boxes(drawn(make_village)))
    missing = [place for place in range(2, 74) if f"bus/{place}" not in said]
    assert missing == []


def test_many_marks_leave_the_network_to_be_seen(drawn: Callable[..., ET.Element]) -> None:
    root = drawn(broken_village)
    marks = [each for each in root.iter() if each.get("data-alarm")]
    assert len(marks) > 20
    places = []
    for each in marks:
        move, scale = str(each.get("transform")).split(") scale(")
        assert float(scale.removesuffix(")")) <= 0.5
        x, y = move.removeprefix("translate(").split()
        places.append((float(x), float(y)))
    assert min(math.dist(a, b) for a, b in combinations(places, 2)) >= 11 - 0.1
