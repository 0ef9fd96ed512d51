"""What is sent by a slip is told in words, with where it is; nothing is a failure of ours."""

import json
from typing import Any

import pandapower
import pytest
from pandapower.networks import case33bw

START = "2021-06-22T22:00:00Z"
DAY = {"startTime": START}
FAR = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]


async def _detail(world: Any, method: str, path: str, content: Any = None, **params: str) -> str:
    refused = await world.call("DSO", method, path, content, **params)
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"] in {
        "/problems/malformed-message",
        "/problems/instant-out-of-range",
    }
    return str(refused.json()["detail"])


@pytest.mark.parametrize("far", FAR)
async def test_an_instant_that_cannot_be_is_refused(world: Any, far: str) -> None:
    await world.prepare()
    network = "/api/dso/networks/italy-tor-di-valle"
    market = {"marketType": "dayAhead", "startTime": far}
    details = [
        await _detail(world, "POST", "/api/dso/powerFlow", {"startTime": far}),
        await _detail(world, "POST", "/api/dso/stateEstimation", {"timestamp": far}),
        await _detail(world, "POST", "/api/dso/flexibilityRequest", market),
        await _detail(world, "GET", "/api/dso/alarms", startTime=far),
        await _detail(world, "GET", f"{network}/picture", startTime=far),
        await _detail(world, "GET", f"{network}/heatMap", startTime=far),
    ]
    said = f"{far[:19]}+00:00 is not in the years 2000 to 2099."
    assert {
        detail.removeprefix("startTime: ").removeprefix("timestamp: ") for detail in details
    } == {said}


async def test_alarms_of_a_bus_whose_voltage_band_has_no_width(world: Any) -> None:
    """pandapower's case33bw allows its slack bus 1 pu and nothing else, and that is what it has."""
    content = pandapower.to_json(case33bw()).encode()
    path = "/api/dso/networks/case33"
    assert (await world.call("DSO", "PUT", path, content, version="1")).status_code == 201
    run = await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)
    assert run.json()["alarms"] == []
    assert (await world.call("DSO", "GET", "/api/dso/alarms")).json() == {
        "alarms": [],
        "next": None,
    }
    raised = json.loads(content)
    grid = json.loads(raised["_object"]["ext_grid"]["_object"])
    grid["data"][0][grid["columns"].index("vm_pu")] = 1.02
    raised["_object"]["ext_grid"]["_object"] = json.dumps(grid)
    await world.call("DSO", "PUT", path, json.dumps(raised).encode(), version="2")
    run = await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)
    alarms = run.json()["alarms"]
    assert {(each["element"], each["limit"]) for each in alarms} == {("bus/0", 1.0)}
    assert [each["value"] for each in alarms] == pytest.approx([1.02] * 96)
    assert (await world.call("DSO", "GET", "/api/dso/alarms")).json()["alarms"] == alarms


async def test_w_for_kw_at_one_quarter_hour_is_told_by_its_instant_also_with_generators(
    world: Any,
) -> None:
    await world.prepare()
    path = "/api/dso/networks/italy-tor-di-valle"
    network = (await world.call("DSO", "GET", path)).json()
    point = network["connectionPoints"][0]
    generator = {"id": "mill", "bus": point["bus"], "pKw": -10, "voltagePu": 1.0}
    network |= {"version": "with-a-mill", "generators": [generator]}
    assert (await world.call("DSO", "PUT", path, network)).status_code == 201
    assert (await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)).status_code == 200
    slip = [{"podId": point["podId"], "index": 52, "powerKw": 9_000_000}]
    refused = await world.call("DSO", "POST", "/api/dso/powerFlow", DAY | {"suppose": slip})
    assert refused.json()["type"] == "/problems/power-flow-diverged"
    assert refused.json()["quarterHours"] == [52]


async def test_a_pattern_is_said_in_words(world: Any) -> None:
    chosen = {"networkId": "a network", "version": "1"}
    assert (await _detail(world, "POST", "/api/dso/alignment", chosen)).endswith(
        "Expected printable ASCII characters without spaces - at `$.networkId`"
    )
    country = await _detail(world, "POST", "/api/dso/profiles/metering", b"", country="Italy")
    assert country.endswith("query.country: Expected two capital letters, such as IT")
    network: dict[str, Any] = {"format": "platone-network/1", "id": "n", "name": "", "version": "1"}
    network |= {"buses": [], "sources": [], "connectionPoints": [{"podId": "IT 1", "bus": "b"}]}
    refused = await world.call("DSO", "PUT", "/api/dso/networks/n", network)
    assert refused.json()["faults"][0] == {
        "element": "IT 1",
        "kind": "malformed",
        "reason": "Expected letters (A to Z), digits, _ and - only - at `$.podId`",
    }


async def test_an_instant_without_a_zone_is_told_how_to_write_it(world: Any) -> None:
    wrong = await _detail(world, "POST", "/api/dso/powerFlow", {"startTime": "2021-06-23T00:00:00"})
    assert "The zone is missing: expected an instant" in wrong
    assert wrong.endswith("at `$.startTime`")
    # a + that is not written %2B in an address is a blank
    wrong = await _detail(world, "GET", "/api/dso/alarms?startTime=2021-06-23T00:00:00+02:00")
    assert "in an address + is written %2B" in wrong


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("time;consumer;p_kw", "time;consumer;p_kw. A comma stands between columns."),
        ("time,consumer,p_kw\n2021-01-01T00:00:00Z,a,ten", "Line 2: ten is no finite number"),
        ('time,consumer,p_kw\n2021-01-01T00:00:00Z,a,"3,5"', "Line 2: 3,5 is no finite number"),
    ],
)
async def test_a_metering_file_that_cannot_be_read_is_told_why(
    world: Any, file: str, said: str
) -> None:
    path = "/api/dso/profiles/metering"
    refused = await world.call("DSO", "POST", path, file.encode(), country="IT")
    assert refused.json()["type"] == "/problems/metering-invalid"
    assert said in refused.json()["detail"]


async def test_a_network_that_is_not_there_is_named_without_a_version_nobody_gave(
    world: Any,
) -> None:
    refused = await world.call("DSO", "GET", "/api/dso/networks/nowhere")
    assert refused.json()["detail"] == "No network 'nowhere' is stored."


async def test_openapi_says_what_files_a_route_takes_and_gives(world: Any) -> None:
    paths = (await world.http.get("/openapi.json")).json()["paths"]

    def taken(method: str, path: str) -> set[str]:
        return set(paths[f"/api/dso{path}"][method]["requestBody"]["content"])

    def given(path: str) -> set[str]:
        return set(paths[f"/api/dso{path}"]["get"]["responses"]["200"]["content"])

    network = {"application/json", "application/zip", "application/xml"}
    assert taken("put", "/networks/{network_id}") == network
    assert given("/networks/{network_id}") == network
    assert taken("post", "/profiles/metering") == {"text/csv"}
    for path in ("/networks/{network_id}/picture", "/networks/{network_id}/heatMap"):
        assert given(path) == {"text/html", "image/svg+xml", "image/png"}
    await world.prepare()
    path = "/networks/italy-tor-di-valle/export"
    for form in ("pandapower", "cgmes-3.0"):
        answer = await world.call("DSO", "GET", f"/api/dso{path}", form=form)
        assert answer.headers["content-type"] in given("/networks/{network_id}/export")
