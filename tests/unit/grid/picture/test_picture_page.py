"""The page as a file, and its script in an engine without a browser."""

import base64
import hashlib
import json
import math
import re
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import quickjs  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.model import Network
from platone.grid.picture.draw import draw_network
from platone.grid.picture.layout import along
from platone.grid.picture.page import SCRIPTS
from platone.grid.picture.page_data import packed
from platone.grid.picture.scale import LOADING
from platone.grid.picture.state_series import Note

HOSTILE = "</script><script>alert(1)</script><!--\u2028\"'&"


class Reader(HTMLParser):
    """Elements with their attributes, and the contents of scripts and styles."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.contents: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        self.contents.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as HTMLParser calls it
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.contents[self._inside][-1] += data

    @property
    def data(self) -> Any:
        return json.loads(self.contents["script"][0])


@pytest.fixture(scope="module")
def italian_page(italian_day: Any) -> bytes:
    day = italian_day
    return draw_network(day.network, day.flow, day.instants, format="html")


def test_only_this_script_and_style_may_run(italian_page: bytes) -> None:
    found = Reader(italian_page)
    (policy,) = [
        str(attributes["content"])
        for tag, attributes in found.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; ")
    for tag, part in (("script", 1), ("style", 0)):
        digest = hashlib.sha256(found.contents[tag][part].encode()).digest()
        assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert "unsafe" not in policy


def test_a_page_asks_nothing_of_any_other_place(italian_page: bytes) -> None:
    assert not re.search(rb"[a-z]+://|@import|url\(", italian_page)
    for _, attributes in Reader(italian_page).elements:
        assert not {"src", "srcset"} & set(attributes)
        assert str(attributes.get("href", "#")).startswith("#")
        assert not any(name.startswith("on") for name in attributes)


def test_hostile_names_stay_data(
    everything: Callable[..., Network], engine: GridModelPowerFlow
) -> None:
    network = everything(name=HOSTILE)
    flow = engine.solve(network, snapshot(network))
    page = draw_network(network, flow, notes=[Note("mv", HOSTILE)], format="html")
    found = Reader(page)
    assert [tag for tag, _ in found.elements].count("script") == 2
    assert found.data["buses"]["name"][0] == f"{HOSTILE}hv"
    assert found.data["notes"] == [["mv", HOSTILE, ""]]


def test_controls_have_names_for_those_who_do_not_see_them(italian_page: bytes) -> None:
    found = Reader(italian_page)
    for tag, attributes in found.elements:
        if tag in {"input", "button"} or attributes.get("role") in {"application", "group"}:
            assert attributes.get("aria-label"), (tag, attributes)
    assert ("html", {"lang": "en"}) in found.elements
    assert any(attributes.get("aria-live") for _, attributes in found.elements)


def test_the_page_holds_all_layouts(everything: Callable[..., Network]) -> None:
    page = draw_network(everything(positions=True), format="html")
    assert [each["kind"] for each in Reader(page).data["layouts"]] == ["map", "scheme"]
    schemed = draw_network(everything(positions=True), format="html", layout="scheme")
    assert [each["kind"] for each in Reader(schemed).data["layouts"]] == ["scheme", "map"]


class Script:
    """The page's script, with a canvas that writes down what is drawn on it."""

    PAGE = """
    const calls = [];
    const told = (each) => (typeof each === "object" ? "object" : each);
    const wrote = (name) => (...args) => { calls.push([name, ...args.map(told)]); };
    const pen = new Proxy({}, {
      get: (kept, name) => (name in kept ? kept[name] : wrote(name)),
      set: (kept, name, value) => {
        kept[name] = value;
        calls.push(["=" + name, value]);
        return true;
      },
    });
    class Path2D { moveTo() {} lineTo() {} bezierCurveTo() {} }
    const window = { devicePixelRatio: 1 };
    const document = { documentElement: {} };
    let letterSize = "16px";
    const getComputedStyle = () => ({ getPropertyValue: (name) => name, fontSize: letterSize });
    const canvas = {
      clientWidth: 900, clientHeight: 600, getContext: () => pen, matches: () => false,
    };
    """

    def __init__(self, folder: Path) -> None:
        self.context = quickjs.Context()
        self.context.eval(self.PAGE)
        self.context.eval("\n".join((folder / name).read_text("utf-8") for name in SCRIPTS))

    def __call__(self, function: str, *values: Any) -> Any:
        found = self.context.eval(
            f"JSON.stringify({function}(...{json.dumps(values)}))"  # a script's own result
        )
        return json.loads(found)


@pytest.fixture(scope="module")
def script(page_folder: Path) -> Script:
    return Script(page_folder)


@given(value=st.floats(-10, 170))
@settings(max_examples=200, deadline=None)
def test_colours_are_those_of_the_images(script: Script, value: float) -> None:
    assert script("colourOf", LOADING.anchors, value, "") == LOADING.colour(value)


@given(
    values=st.lists(
        st.lists(st.none() | st.floats(-2e5, 2e5), min_size=5, max_size=5), min_size=1, max_size=6
    )
)
@settings(max_examples=60, deadline=None)
def test_values_survive_packing(script: Script, values: list[list[float | None]]) -> None:
    array = np.array(values, float)
    series = packed(array, 100)
    raw = list(zlib.decompress(base64.b64decode(series["data"])))
    back = script("summed", raw, len(values))
    found = np.array([back[str(i)] for i in range(array.size)], float).reshape(5, len(values)).T
    found[found == -1e9] = np.nan
    assert found / 100 == pytest.approx(array, abs=0.0051, nan_ok=True)


ROUTES = st.lists(st.integers(-50, 50), min_size=8, max_size=8)


@given(points=ROUTES, share=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_curves_are_those_of_the_images(script: Script, points: list[int], share: float) -> None:
    route = tuple((float(x), float(y)) for x, y in zip(points[::2], points[1::2], strict=True))
    assert script("along", points, share) == pytest.approx(along(route, share))  # type: ignore[arg-type]


@given(k=st.floats(0.05, 5), x=st.floats(-500, 500), factor=st.floats(0.3, 3), px=st.floats(0, 900))
@settings(max_examples=60, deadline=None)
def test_zooming_keeps_what_is_under_the_pointer(
    script: Script, k: float, x: float, factor: float, px: float
) -> None:
    before = {"k": k, "x": x, "y": 10.0}
    after = script("zoomed", before, factor, px, 20.0, 0.01)
    assert after["k"] == pytest.approx(min(k * factor, 8))
    assert (px - after["x"]) / after["k"] == pytest.approx((px - x) / k, abs=1e-6)


@given(k=st.floats(0.05, 8), x=st.floats(-9e4, 9e4), y=st.floats(-9e4, 9e4))
@settings(max_examples=80, deadline=None)
def test_no_view_is_blank(script: Script, k: float, x: float, y: float) -> None:
    route = [100.0, 50.0, 700.0, 50.0]
    layout = {"x": [100.0, 700.0], "top": [50.0, 40.0], "bottom": [50.0, 90.0], "routes": [route]}
    view = script("held", {"k": k, "x": x, "y": y}, layout, 900, 400)
    assert view["k"] == k
    along_it = [(100.0 + step, 50.0) for step in range(601)]
    bar = [(700.0, 40.0 + step) for step in range(51)]
    on_screen = [
        (view["k"] * px + view["x"], view["k"] * py + view["y"]) for px, py in [*along_it, *bar]
    ]
    assert any(0 <= px <= 900 and 0 <= py <= 400 for px, py in on_screen)
    if view["x"] == x and view["y"] == y:
        return
    again = script("held", view, layout, 900, 400)
    assert again == pytest.approx(view, abs=1e-6)


@given(width=st.floats(200, 5000), height=st.floats(200, 5000))
@settings(max_examples=60, deadline=None)
def test_the_whole_network_fits(script: Script, width: float, height: float) -> None:
    view = script("fitted", [width, height], 360, 400, 4)
    assert view["x"] >= 4 - 1e-9
    assert view["y"] >= 4 - 1e-9
    assert view["k"] * width + view["x"] <= 356 + 1e-6
    assert view["k"] * height + view["y"] <= 396 + 1e-6


@given(points=ROUTES, px=st.floats(-60, 60), py=st.floats(-60, 60))
@settings(max_examples=60, deadline=None)
def test_the_distance_to_an_edge(script: Script, points: list[int], px: float, py: float) -> None:
    route = [float(each) for each in points[:4]]
    a, b = np.array(route[:2]), np.array(route[2:])
    finely = [a + (b - a) * share for share in np.linspace(0, 1, 2001)]
    least = min(math.dist((px, py), each) for each in finely)
    assert script("distanceToRoute", route, px, py) == pytest.approx(least, abs=0.05)


def test_search_prefers_exact_then_leading_matches(script: Script) -> None:
    elements = [{"id": f"line/{i}", "name": f"Road {i}"} for i in (1, 11, 21)]
    assert [each["id"] for each in script("matches", elements, "line/1", 9)] == [
        "line/1", "line/11",
    ]  # fmt: skip
    assert [each["id"] for each in script("matches", elements, "ROAD", 2)] == ["line/1", "line/11"]
    assert script("matches", elements, "  ", 9) == []


def test_runs_and_powers(script: Script) -> None:
    assert script("runs", [1, 2, 3, 7, 9, 10]) == [[1, 3], [7, 7], [9, 10]]
    assert [script("power", kw) for kw in (0.01, 3.14, 812.4, -1234.0, 12345.0)] == [
        "0 kW", "3.1 kW", "812 kW", "-1.23 MW", "12.3 MW",
    ]  # fmt: skip


def drawn(script: Script, page: bytes, view: str, **change: Any) -> list[list[Any]]:
    """What the page draws on its canvas."""
    data = Reader(page).data
    series = data["states"]["series"] if data["states"] else {}
    raw = {
        name: list(zlib.decompress(base64.b64decode(each["data"]))) for name, each in series.items()
    }
    code = """
    (() => { const data = %s, raw = %s, change = %s;
      const state = { data, row: 0, mode: "state", selected: null, hovered: null, series: {} };
      for (const name in raw) state.series[name] = { scale: data.states.series[name].scale,
        instants: data.states.instants, values: summed(raw[name], data.states.instants) };
      index(state); data.layouts.forEach((each) => arrange(each, data));
      state.layout = data.layouts[0]; readShapes(data); readTheme(); Object.assign(state, change);
      state.view = %s; calls.length = 0; drawNetwork(state, canvas);
      return JSON.stringify(calls); })()
    """ % (json.dumps(data), json.dumps(raw), json.dumps(change), view)  # noqa: UP031
    found: list[list[Any]] = json.loads(script.context.eval(code))
    return found


def said(calls: list[list[Any]]) -> list[str]:
    return [str(each[1]) for each in calls if each[0] == "fillText"]


def test_the_canvas_shows_names_values_and_alarms(
    script: Script, italian_page: bytes, italian_day: Any
) -> None:
    calls = drawn(script, italian_page, "{ k: 1, x: 0, y: 0 }", row=50)
    words = said(calls)
    assert {"80598", "12149", "122 %"} <= set(words)
    worst = round(float(100 * italian_day.flow.loading()[50].max()), 2)
    assert ["=strokeStyle", LOADING.colour(worst)] in calls
    quiet = drawn(script, italian_page, "{ k: 1, x: 0, y: 0 }", row=0)
    alarms = [each for each in calls if each == ["=fillStyle", "--over"]]
    assert len(alarms) == 1
    assert ["=fillStyle", "--over"] not in quiet


def test_letters_are_as_large_as_those_of_the_browser(script: Script, italian_page: bytes) -> None:
    """Twice the letters of a browser, twice those on the canvas (WCAG 2.2, 1.4.4)."""

    def sizes(letters: str) -> set[float]:
        script.context.eval(f'letterSize = "{letters}"')
        calls = drawn(script, italian_page, "{ k: 1, x: 0, y: 0 }", row=50)
        fonts = [str(each[1]) for each in calls if each[0] == "=font"]
        return {float(found[1]) for found in map(re.compile(r"([\d.]+)px").search, fonts) if found}

    large, usual = sizes("32px"), sizes("16px")
    assert usual == {10.0}
    assert large == {20.0}


def test_from_afar_less_is_drawn(script: Script, italian_page: bytes) -> None:
    near = drawn(script, italian_page, "{ k: 1, x: 0, y: 0 }", row=50)
    far = drawn(script, italian_page, "{ k: 0.1, x: 0, y: 0 }", row=50)
    away = drawn(script, italian_page, "{ k: 1, x: 50000, y: 0 }", row=0)
    assert len(far) < len(near) / 3
    assert said(far) == ["CP-IRLANDESE 150 kV"]
    assert said(away) == []


def test_a_network_without_states_is_drawn(
    script: Script, everything: Callable[..., Network]
) -> None:
    page = draw_network(everything(), format="html")
    words = said(drawn(script, page, "{ k: 1, x: 0, y: 0 }"))
    assert {bus.id for bus in everything().buses} <= set(words)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_draw_no_markup_from_data(page_folder: Path, name: str) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|fetch\(|XMLHttp|import\(",
        (page_folder / name).read_text("utf-8"),
    )
