"""SVG and PNG images: their structure, what they say, and that nothing breaks out."""

import re
import struct
import sys
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import ConsumerPower, snapshot
from platone.grid.network.model import Network
from platone.grid.picture.draw import draw_heat_map, draw_network
from platone.grid.picture.flow_series import flow_series
from platone.grid.picture.scale import LOADING, LOADING_DARK
from platone.grid.picture.state_series import Note
from platone.grid.problem.picture import PictureInstantUnknown, PngUnavailable
from platone.kernel.style.sheet import colours

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "\"'></title></svg><script>alert(1)</script>&\x00\x0b\ud800"


def parsed(svg: bytes) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


def ids(root: ET.Element) -> set[str]:
    found = {each.get("data-id", "") for each in root.iter()}
    for each in root.iter():
        found.update(each.get("data-ids", "").split())
    return found


def texts(root: ET.Element) -> str:
    return "\n".join(each.text or "" for each in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("with_map", [False, True])
def test_every_element_is_in_the_picture(
    everything: Callable[..., Network], engine: GridModelPowerFlow, *, with_map: bool
) -> None:
    network = everything(positions=with_map)
    flow = engine.solve(network, snapshot(network))
    wanted = {element.id for element in network.elements()} | {"POD-1"}
    for shown in (None, flow):
        assert wanted <= ids(parsed(draw_network(network, shown)))


def test_the_same_picture_has_the_same_bytes(italian_day: Any) -> None:
    args = italian_day.network, italian_day.flow, italian_day.instants
    assert draw_network(*args) == draw_network(*args)
    assert draw_heat_map(*args) == draw_heat_map(*args)


def test_the_worst_instant_is_shown_with_its_alarm(italian_day: Any) -> None:
    """The published congestion (D3.6 4.3.3), its colour and its symbol."""
    root = parsed(draw_network(italian_day.network, italian_day.flow, italian_day.instants))
    said = texts(root)
    assert "2021-06-23 (Rome) 12:30" in said
    assert "line/81823-AD001090035: 259.5 A, limit 212.8 A" in said
    (alarm,) = [each for each in root.iter() if each.get("data-alarm")]
    assert alarm.get("data-alarm") == "line/81823-AD001090035"
    (line,) = [each for each in root.iter() if each.get("data-id") == alarm.get("data-alarm")]
    (path,) = line.iter(f"{SVG}path")
    assert path.get("stroke") == LOADING.colour(100 * 259.54 / 212.8)


def test_any_instant_can_be_shown(italian_day: Any) -> None:
    network, flow, instants = italian_day.network, italian_day.flow, italian_day.instants
    wanted = draw_network(network, flow, instants, at=instants[51])
    assert "12:45" in texts(parsed(wanted))
    assert "no limit is broken" in texts(parsed(wanted))
    assert draw_network(network, flow, instants, at=51) == wanted
    with pytest.raises(PictureInstantUnknown):
        draw_network(network, flow, instants, at=instants[0] - timedelta(minutes=15))
    with pytest.raises(ValueError, match="2 instants and 96 states"):
        draw_network(network, flow, instants[:2])


def test_hostile_names_stay_text(
    everything: Callable[..., Network], engine: GridModelPowerFlow
) -> None:
    network = everything(name=HOSTILE)
    flow = engine.solve(network, snapshot(network))
    for svg in (
        draw_network(network, flow, notes=[Note("mv", HOSTILE, "bad")]),
        draw_heat_map(network, flow),
    ):
        root = parsed(svg)
        assert {each.tag for each in root.iter()} <= {
            SVG + name for name in ("svg", "g", "path", "rect", "circle", "text", "title", "style")
        }
        assert "<script>alert(1)</script>" in "".join(root.itertext())


def test_nothing_is_asked_of_any_other_place(italian_day: Any) -> None:
    svg = draw_network(italian_day.network, italian_day.flow, italian_day.instants).decode()
    assert set(re.findall(r"[a-z]+://[^\"\s]*", svg)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|href|<image|<use", svg)


def test_large_networks_name_their_sources_only(feeder: Any, engine: GridModelPowerFlow) -> None:
    network = feeder((1000.0,) * 400, km=0.001)
    said = texts(parsed(draw_network(network, engine.solve(network, snapshot(network)))))
    assert "bus0, 20 kV" in said
    assert "bus7" not in said


def test_notes_mark_bad_measurements(everything: Callable[..., Network]) -> None:
    notes = [Note("mv", "standard deviation 0.02 kV", "measured"), Note("l1", "r = 7", "bad")]
    root = parsed(draw_network(everything(), notes=notes))
    assert {each.get("data-note") for each in root.iter()} - {None} == {"mv", "l1"}
    assert "bad measurement" in texts(root)


def test_notes_name_elements_of_the_network(everything: Callable[..., Network]) -> None:
    for known in ("t3", "s1", "s3", "d1", "POD-1", "l5", "lv"):
        draw_network(everything(), notes=[Note(known, "", "measured")])
    with pytest.raises(ValueError, match="nowhere"):
        draw_network(everything(), notes=[Note("nowhere", "", "bad")])


def painted(root: ET.Element, *, dark: bool = False) -> dict[ET.Element, str]:
    """The colour of each cell by the picture's own style, on a light or a dark ground."""
    style = "".join(each.text or "" for each in root.iter(f"{SVG}style"))
    rules = dict(re.findall(r"\.(l\d+)\{fill:(#[0-9a-f]{6})\}", style.rpartition("@media")[0]))
    if dark:
        rules = dict(re.findall(r"\.(l\d+)\{fill:(#[0-9a-f]{6})\}", style.rpartition("@media")[2]))
    cells = [each for each in root.iter(f"{SVG}rect") if each.get("class", "").startswith("l")]
    return {each: rules[each.get("class", "")] for each in cells}


def test_a_heat_map_has_a_cell_for_every_instant(italian_day: Any) -> None:
    root = parsed(draw_heat_map(italian_day.network, italian_day.flow, italian_day.instants))
    rows = [each for each in root.iter(f"{SVG}g") if each.get("data-id")]
    assert rows[0].get("data-id") == "line/81823-AD001090035"
    assert len(rows) == len(italian_day.network.branches)
    for row in rows:
        cells = [(float(c.get("x", 0)), float(c.get("width", 0))) for c in row.iter(f"{SVG}rect")]
        assert sum(width for _, width in cells) == pytest.approx(96 * 8)
        ends = [x + width for x, width in cells]
        assert ends[:-1] == pytest.approx([x for x, _ in cells[1:]])
    colour = painted(root)
    hot = [c for c in rows[0].iter(f"{SVG}rect") if colour[c] == LOADING.colour(121.0)]
    assert [float(each.get("x", 0)) for each in hot] == [50 * 8]
    assert "122 % ▲" in texts(root)


def test_a_heat_map_recedes_where_little_is_loaded_on_either_ground(italian_day: Any) -> None:
    """What is hardly loaded is near the ground; from half of the limit on both are the same."""
    root = parsed(draw_heat_map(italian_day.network, italian_day.flow, italian_day.instants))
    light, dark = painted(root), painted(root, dark=True)
    assert dark.keys() == light.keys()
    for cell, colour in dark.items():
        step = int(cell.get("class", "").removeprefix("l"))
        assert colour == LOADING_DARK.colour(max(2.0 * step - 1, 0.0))
        assert (colour == light[cell]) == (step > 45 / 2)
    (style,) = [each.text or "" for each in root.iter(f"{SVG}style")]
    assert f".ground{{fill:{colours(dark=True)['card']}}}" in style.partition("@media")[2]


def test_branches_without_limits_are_named_as_such(engine: GridModelPowerFlow, feeder: Any) -> None:
    network = feeder((100.0, None, 50.0))
    flow = engine.solve(network, snapshot(network))
    root = parsed(draw_network(network, flow))
    assert "1 branch has no limit (grey)" in texts(root)
    heat = parsed(draw_heat_map(network, flow))
    assert {each.get("data-id") for each in heat.iter()} - {None} == {"line0", "line2"}


def test_a_network_of_one_bus_is_drawn(feeder: Any, engine: GridModelPowerFlow) -> None:
    network = feeder((), with_load=False)
    flow = engine.solve(network, ConsumerPower(np.zeros((1, 0)), np.zeros((1, 0))))
    assert "bus0" in ids(parsed(draw_network(network, flow)))
    assert draw_heat_map(network, flow).startswith(b"<?xml")
    assert draw_network(network, flow, format="html").startswith(b"<!doctype html>")


def pixels(png: bytes) -> np.ndarray:
    """A PNG's pixels (RGBA), by the format's own rules."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, size = 8, b"", (0, 0)
    while at < len(png):
        (length,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body = png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", png[at + 8 + length :][:4])[0]
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
            assert body[8:10] == b"\x08\x06"
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    width, height = size
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + 4 * width)
    found = np.zeros((height, 4 * width), np.uint8)
    for y, (kind, *_) in enumerate(rows):
        line, above = rows[y, 1:].astype(int), found[y - 1].astype(int) if y else 0 * found[0]
        if kind == 0:
            found[y] = line
        elif kind == 2:
            found[y] = (line + above) & 255
        else:
            for x in range(4 * width):
                left = int(found[y, x - 4]) if x > 3 else 0
                corner = int(above[x - 4]) if x > 3 else 0
                up = int(above[x])
                if kind == 4:
                    guess = left + up - corner
                    _, _, by = min(
                        (abs(guess - each), i, each) for i, each in enumerate((left, up, corner))
                    )
                else:
                    by = left if kind == 1 else (left + up) // 2
                found[y, x] = (int(line[x]) + by) & 255
    return found.reshape(height, width, 4)


def test_png_shows_what_svg_says(feeder: Any, engine: GridModelPowerFlow) -> None:
    network = replace(feeder((10.0, 100.0, 100.0)), name="A feeder of three")
    flow = engine.solve(network, snapshot(network))
    png = draw_network(network, flow, format="png")
    assert png == draw_network(network, flow, format="png")
    found = pixels(png)[::2, ::2]
    assert bytes(found[0, 0]).hex() == colours()["card"].removeprefix("#") + "ff"
    dark = (found[:, :, :3].astype(int).sum(axis=2) < 200).sum(axis=1)
    assert dark[10:30].sum() > 40  # the title, in our own font
    limit = LOADING.colour(float(100 * flow.loading()[0, 0]))
    colour = [int(limit[i : i + 2], 16) for i in (1, 3, 5)]
    assert (found[:, :, :3] == colour).all(axis=2).sum() > 50


def test_png_needs_its_extra(feeder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(PngUnavailable):
        draw_network(feeder((10.0,)), format="png")


@pytest.mark.parametrize(("excess", "beyond"), [(4e-7, 0), (1e-4, 1)])
def test_a_heat_map_marks_what_the_alarms_name(
    italy: Network,
    italian_power: ConsumerPower,
    engine: GridModelPowerFlow,
    excess: float,
    beyond: int,
) -> None:
    """A line at its limit, as it is after a clearing that went up to it, is not beyond it."""
    wide = replace(italy, lines=tuple(replace(each, limit_a=1e4) for each in italy.lines))
    branch = [each.id for each in wide.branches].index("line/81823-AD001090035")
    flow = engine.solve(wide, italian_power)
    peak = float(np.maximum(flow.from_a, flow.to_a)[:, branch].max())
    tight = [
        replace(each, limit_a=peak / (1 + excess)) if each.id == wide.branches[branch].id else each
        for each in wide.lines
    ]
    network = replace(wide, lines=tuple(tight))
    solved = engine.solve(network, italian_power)
    root = parsed(draw_heat_map(network, solved))
    said = texts(root)
    assert ("1 branch is beyond the limit" if beyond else "no branch is beyond its limit") in said
    assert said.count("% ▲") == beyond
    red = {LOADING.colour(101.0)}
    (row,) = [each for each in root.iter() if each.get("data-id") == wide.branches[branch].id]
    colour = painted(root)
    assert bool(red & {colour[each] for each in row.iter(f"{SVG}rect")}) == bool(beyond)
    course = flow_series(solved)  # what every picture and page takes its colours from
    assert bool(course.loading_percent[:, branch].max() > 100) == bool(beyond)
