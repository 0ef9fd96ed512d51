"""Pictures over REST: of the network's own state and of a market day."""

import xml.etree.ElementTree as ET
from typing import Any

from tests.integration.dso.conftest import scada

START = "2021-06-22T22:00:00Z"
PATH = "/api/dso/networks/italy-tor-di-valle"


def texts(svg: bytes) -> str:
    root = ET.fromstring(svg)  # noqa: S314 - our own server's
    return "\n".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text"))


async def test_a_market_day_is_drawn_as_page_and_images(world: Any) -> None:
    await world.prepare()
    page = await world.call("DSO", "GET", f"{PATH}/picture", startTime=START)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.content.startswith(b"<!doctype html>")
    assert b"line/81823-AD001090035" in page.content
    worst = await world.call("AUDITOR", "GET", f"{PATH}/picture", startTime=START, format="svg")
    assert worst.headers["content-type"] == "image/svg+xml"
    assert "2021-06-23 (Rome) 12:30" in texts(worst.content)
    assert "259.5 A, limit 212.8 A" in texts(worst.content)  # D3.6 4.3.3
    at = "2021-06-23T10:45:00Z"
    later = await world.call("DSO", "GET", f"{PATH}/picture", startTime=at, format="svg")
    assert "12:45" in texts(later.content)
    heat = await world.call("DSO", "GET", f"{PATH}/heatMap", startTime=START, format="png")
    assert heat.headers["content-type"] == "image/png"
    assert heat.content.startswith(b"\x89PNG")


async def test_without_a_day_the_file_s_own_state_is_drawn(world: Any) -> None:
    await world.prepare()
    image = await world.call("DSO", "GET", f"{PATH}/picture", format="svg", layout="scheme")
    assert image.status_code == 200
    assert "load 13.7 MW" in texts(image.content)  # its loads at 12:30, no PoD


async def test_a_state_estimation_is_drawn(world: Any) -> None:
    await world.prepare()
    at = "2021-06-23T10:30:00Z"
    none = await world.call("DSO", "GET", "/api/dso/stateEstimation/picture")
    assert none.json()["type"] == "/problems/unknown-estimation"
    day = (await world.call("DSO", "POST", "/api/dso/powerFlow", {"startTime": at})).json()
    state = next(state for state in day["results"] if state["at"] == at)
    question = {"timestamp": at, "measurements": scada(state)}
    run = await world.call("DSO", "POST", "/api/dso/stateEstimation", question)
    assert run.status_code == 201, run.text
    latest = await world.call("DSO", "GET", "/api/dso/stateEstimation/picture", format="svg")
    one = f"/api/dso/stateEstimation/{run.json()['id']}/picture"
    same = await world.call("AUDITOR", "GET", one, format="svg")
    assert latest.content == same.content
    assert "measurements agree" in texts(latest.content)
    assert "2021-06-23 (Rome) 12:30" in texts(latest.content)
    page = await world.call("DSO", "GET", one)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert b"voltageStd" in page.content
    refused = await world.call("ACEAE", "GET", one)
    assert refused.status_code == 403


async def test_pictures_are_the_dso_s_alone(world: Any) -> None:
    await world.prepare()
    for party in ("ACEAE", "TSO"):
        refused = await world.call(party, "GET", f"{PATH}/picture")
        assert refused.status_code == 403, party


async def test_what_is_missing_is_named(world: Any) -> None:
    unknown = await world.call("DSO", "GET", "/api/dso/networks/nowhere/picture")
    assert unknown.json()["type"] == "/problems/unknown-network"
    await world.prepare()
    other_day = await world.call("DSO", "GET", f"{PATH}/heatMap", startTime="2021-07-01T00:00:00Z")
    assert other_day.json()["type"] == "/problems/pod-data-missing"
    wrong = await world.call("DSO", "GET", f"{PATH}/picture", startTime="tomorrow")
    assert wrong.json()["type"] == "/problems/malformed-message"
    form = await world.call("DSO", "GET", f"{PATH}/picture", format="gif")
    assert form.status_code in {400, 422}
