"""A voltage band in place of the network's own limits, over REST; nothing is kept of it."""

from typing import Any

import pytest

from platone.grid.problem.study import VoltageBandInvalid
from platone.grid.study.limit import parse_voltage_band

START = "2021-06-22T22:00:00Z"
PICTURE = "/api/dso/networks/italy-tor-di-valle/picture"


async def test_alarms_are_what_is_beyond_the_band(world: Any) -> None:
    await world.prepare()
    await world.call("DSO", "POST", "/api/dso/powerFlow", {"startTime": START})
    kept = (await world.call("DSO", "GET", "/api/dso/alarms", startTime=START)).json()
    question = {"startTime": START, "voltageBand": {"leastPu": 0.999, "mostPu": 1.001}}
    run = (await world.call("DSO", "POST", "/api/dso/powerFlow", question)).json()
    found = {(each["at"], each["element"]) for each in run["alarms"] if each["kind"] == "voltage"}
    beyond = {
        (state["at"], bus["id"])
        for state in run["results"]
        for bus in state["buses"]
        if abs(bus["voltagePu"] - 1) > 0.001 * 1.000001
    }
    assert found == beyond
    assert found
    without = sum(branch.get("limitA") is None for branch in run["results"][0]["branches"])
    assert run["unwatched"] == {"buses": 0, "branches": without}
    again = (await world.call("DSO", "GET", "/api/dso/alarms", startTime=START)).json()
    assert again == kept


async def test_a_picture_is_held_against_the_band(world: Any) -> None:
    await world.prepare()
    own = await world.call("DSO", "GET", PICTURE, startTime=START, format="svg")
    banded = await world.call(
        "DSO", "GET", PICTURE, startTime=START, format="svg", voltageBand="0.9999:1.0001"
    )
    assert b"limit 1 pu" not in own.content
    assert banded.status_code == 200
    assert banded.content != own.content


async def test_a_band_that_is_none_is_refused(world: Any) -> None:
    await world.prepare()
    for band in ("0.9", "1.1:0.9", "low:high", "0.9:inf"):
        refused = await world.call("DSO", "GET", PICTURE, voltageBand=band)
        assert refused.json()["type"] == "/problems/voltage-band-invalid", band
    question = {"startTime": START, "voltageBand": {"leastPu": 1.1, "mostPu": 0.9}}
    refused = await world.call("DSO", "POST", "/api/dso/powerFlow", question)
    assert refused.json()["type"] == "/problems/voltage-band-invalid"


def test_bands_as_text() -> None:
    assert parse_voltage_band("0.9:1.1") == (0.9, 1.1)
    with pytest.raises(VoltageBandInvalid, match=r"'0.9' is no voltage band; one is 0.9:1.1"):
        parse_voltage_band("0.9")
