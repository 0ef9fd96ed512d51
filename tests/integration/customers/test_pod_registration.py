"""Flows 0, 0A and 0B over REST."""

import asyncio
from typing import Any, Protocol

import httpx
import pytest
from tests.records import ask

pytestmark = pytest.mark.both_databases

PODS = "/api/scd/pods"


class Market(Protocol):
    status: int
    callers: list[str]
    registries: list[list[dict[str, Any]]]

    async def until(self, count: int) -> None: ...


class World(Protocol):
    records: str
    clock: Any
    market: Market
    app: Any

    async def restart(self) -> None: ...

    def __getitem__(self, party: str) -> httpx.AsyncClient: ...


def pod(pod_id: str = "IT002E61899978", owner: str = "ACEAE", **more: Any) -> dict[str, Any]:
    """The first point of delivery of the Italian field test (D3.6 chapter 4)."""
    return {
        "podId": pod_id,
        "aggregatorId": owner,
        "zone": "CSUD",
        "pnP": 3000.0,
        "inp": 400.0,
        "cosPhi": 0.9,
        "maxFlexibility": {"upperP": 0.0, "downP": 2000.0},
    } | more


def _slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_the_first_registration_is_accepted_and_read_back(world: World) -> None:
    answer = await world["ACEAE"].post(PODS, json=pod())
    assert answer.status_code == 201
    assert answer.json() == {"id": "IT002E61899978", "status": "accepted", "problem": None}
    read = (await world["ACEAE"].get(f"{PODS}/IT002E61899978")).json()
    assert {name: read[name] for name in pod() if name != "maxFlexibility"} == {
        name: value for name, value in pod().items() if name != "maxFlexibility"
    }
    assert read["maxFlexibility"]["downP"] == 2000.0


async def test_the_same_content_again_changes_nothing(world: World) -> None:
    await world["ACEAE"].post(PODS, json=pod())
    for again in (pod(), pod(sendTime="2021-06-20T10:00:00Z"), pod(actionType="modify")):
        answer = await world["ACEAE"].post(PODS, json=again)
        assert answer.status_code == 200
        assert answer.json()["status"] == "alreadySubmitted"
    await world.market.until(1)
    await world["ACEAE"].post(PODS, json=pod("POD-2"))
    await world.market.until(2)
    assert [[p["podId"] for p in pods] for pods in world.market.registries] == [
        ["IT002E61899978"],
        ["POD-2"],
    ]


async def test_other_content_must_be_called_a_modification(world: World) -> None:
    await world["ACEAE"].post(PODS, json=pod())
    refused = await world["ACEAE"].post(PODS, json=pod(pnP=1.0))
    assert _slug(refused) == (409, "duplicate-identifier")
    changed = await world["ACEAE"].post(PODS, json=pod(pnP=1.0, actionType="modify"))
    assert changed.status_code == 201
    assert (await world["MO"].get(f"{PODS}/IT002E61899978")).json()["pnP"] == 1.0
    late = await world["ACEAE"].post(PODS, json=pod())  # the first message, delivered once more
    assert late.json()["status"] == "alreadySubmitted"
    assert (await world["MO"].get(f"{PODS}/IT002E61899978")).json()["pnP"] == 1.0
    versions = ask(world.records, "SELECT version, changed_by FROM pod_version ORDER BY version")
    assert versions == [(1, "ACEAE"), (2, "ACEAE")]


async def test_only_the_named_aggregator_registers_and_only_the_owner_changes(
    world: World,
) -> None:
    assert _slug(await world["ACEAE_2"].post(PODS, json=pod())) == (403, "not-owner")
    await world["ACEAE"].post(PODS, json=pod())
    for action in ("activate", "modify", "delete"):
        stolen = pod(owner="ACEAE_2", actionType=action)
        assert _slug(await world["ACEAE_2"].post(PODS, json=stolen)) == (403, "not-owner")
    assert (await world["MO"].get(f"{PODS}/IT002E61899978")).json()["aggregatorId"] == "ACEAE"


@pytest.mark.parametrize("form", ["list", "registry"])
async def test_one_bad_item_never_stops_the_others(world: World, form: str) -> None:
    await world["ACEAE"].post(PODS, json=pod("POD-1"))
    items = [
        pod("POD-1", pnP=9.0),
        pod("POD-2"),
        pod("POD-3", owner="ACEAE_2"),
        pod("POD-4", actionType="modify"),
        pod("POD-1"),
        pod("POD-5"),
        pod("POD-5", pnP=7.0, actionType="modify"),
    ]
    body: Any = items if form == "list" else {"pods": items}
    answer = await world["ACEAE"].post(PODS, json=body)
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [(r["id"], r["status"], (r["problem"] or {}).get("type")) for r in results] == [
        ("POD-1", "refused", "/problems/duplicate-identifier"),
        ("POD-2", "accepted", None),
        ("POD-3", "refused", "/problems/not-owner"),
        ("POD-4", "refused", "/problems/pod-not-registered"),
        ("POD-1", "alreadySubmitted", None),
        ("POD-5", "accepted", None),
        ("POD-5", "accepted", None),
    ]
    await world.market.until(2)
    assert [(p["podId"], p["pnP"]) for p in world.market.registries[1]] == [
        ("POD-2", 3000.0),
        ("POD-5", 7.0),
    ]


async def test_the_market_hears_of_each_change_from_the_administrator(world: World) -> None:
    await world["ACEAE"].post(PODS, json=pod())
    path = f"{PODS}/IT002E61899978/pom"
    associated = await world["DSO"].put(path, json={"poMId": "CP-IRLANDESE"})
    assert associated.json()["status"] == "accepted"
    again = await world["DSO"].put(path, json={"poMId": "CP-IRLANDESE"})
    assert again.json()["status"] == "alreadySubmitted"
    await world["ACEAE"].post(PODS, json=pod(pnP=5.0, actionType="modify"))
    await world["ACEAE"].post(PODS, json=pod(actionType="delete"))
    await world.market.until(4)
    told = [pods[0] for pods in world.market.registries]
    assert [(p["poMId"], p["pnP"], p["actionType"]) for p in told] == [
        (None, 3000.0, "activate"),
        ("CP-IRLANDESE", 3000.0, "activate"),
        ("CP-IRLANDESE", 5.0, "modify"),
        ("CP-IRLANDESE", 5.0, "delete"),
    ]
    assert world.market.callers == ["MDA"] * 4


async def test_what_the_market_misses_it_gets_after_a_restart(world: World) -> None:
    world.market.status = 503
    await world["ACEAE"].post(PODS, json=pod())
    await world.restart()
    assert world.market.registries == []
    world.market.status = 200
    await world.restart()
    await world.market.until(1)
    assert world.market.registries[0][0]["podId"] == "IT002E61899978"


async def test_an_aggregator_does_not_say_the_point_of_measurement(world: World) -> None:
    await world["ACEAE"].post(PODS, json=pod(poMId="ELSEWHERE"))
    path = f"{PODS}/IT002E61899978"
    assert (await world["DSO"].get(path)).json()["poMId"] is None
    await world["DSO"].put(f"{path}/pom", json={"poMId": "CP-IRLANDESE"})
    await world["ACEAE"].post(PODS, json=pod(poMId="ELSEWHERE", pnP=1.0, actionType="modify"))
    assert (await world["DSO"].get(path)).json()["poMId"] == "CP-IRLANDESE"


async def test_only_the_dso_associates(world: World) -> None:
    await world["ACEAE"].post(PODS, json=pod())
    path, body = f"{PODS}/IT002E61899978/pom", {"poMId": "CP-IRLANDESE"}
    assert _slug(await world["TSO"].put(path, json=body)) == (403, "not-owner")
    for party in ("ACEAE", "MO", "MDA", "CUSTOMER-1", "AUDITOR"):
        assert _slug(await world[party].put(path, json=body)) == (403, "role-missing")
    unknown = await world["DSO"].put(f"{PODS}/NOBODY/pom", json=body)
    assert _slug(unknown) == (404, "pod-not-registered")
    assert unknown.json()["podId"] == "NOBODY"


async def test_each_reader_sees_its_own(world: World) -> None:
    await world["ACEAE"].post(PODS, json=[pod("POD-1", customerId="CUSTOMER-1"), pod("POD-2")])
    await world["ACEAE_2"].post(PODS, json=pod("POD-3", owner="ACEAE_2"))
    await world["DSO"].put(f"{PODS}/POD-2/pom", json={"poMId": "CP-IRLANDESE"})
    seen = {
        party: [p["podId"] for p in (await world[party].get(PODS)).json()["pods"]]
        for party in ("ACEAE", "ACEAE_2", "CUSTOMER-1", "DSO", "MO", "MDA", "AUDITOR")
    }
    everything = ["POD-1", "POD-2", "POD-3"]
    assert seen == dict.fromkeys(seen, everything) | {
        "ACEAE": ["POD-1", "POD-2"],
        "ACEAE_2": ["POD-3"],
        "CUSTOMER-1": ["POD-1"],
    }
    assert _slug(await world["ACEAE_2"].get(f"{PODS}/POD-1")) == (403, "not-owner")
    assert _slug(await world["CUSTOMER-1"].get(f"{PODS}/POD-2")) == (403, "not-owner")
    assert _slug(await world["ACEAE"].get(f"{PODS}/POD-9")) == (404, "pod-not-registered")
    fed = await world["DSO"].get(PODS, params={"poMId": "CP-IRLANDESE"})
    assert [p["podId"] for p in fed.json()["pods"]] == ["POD-2"]
    assert _slug(await world["TSO"].get(PODS)) == (403, "not-owner")
    assert _slug(await world["TSO"].get(f"{PODS}/POD-2")) == (403, "not-owner")
    assert _slug(await world["DPO"].get(PODS)) == (403, "role-missing")


async def test_only_aggregators_register(world: World) -> None:
    for party in ("MO", "DSO", "TSO", "MDA", "CUSTOMER-1", "AUDITOR"):
        answer = await world[party].post(PODS, json=pod(owner=party))
        assert _slug(answer) == (403, "role-missing")


async def test_who_may_not_is_told_so_before_the_body_is_looked_at(world: World) -> None:
    assert _slug(await world["MO"].post(PODS, content="{")) == (403, "role-missing")
    nobody = httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="https://127.0.0.1:8443"
    )
    async with nobody:
        assert _slug(await nobody.post(PODS, content="{")) == (401, "token-missing")
        assert _slug(await nobody.get(f"{PODS}/POD-1")) == (401, "token-missing")


async def test_a_deleted_pod_ends_and_may_pass_to_another(world: World) -> None:
    await world["ACEAE"].post(PODS, json=pod())
    assert (await world["ACEAE"].post(PODS, json=pod(actionType="delete"))).status_code == 201
    again = await world["ACEAE"].post(PODS, json=pod(actionType="delete"))
    assert again.json()["status"] == "alreadySubmitted"
    changed = await world["ACEAE"].post(PODS, json=pod(pnP=1.0, actionType="modify"))
    assert _slug(changed) == (409, "pod-ended")
    pom = await world["DSO"].put(f"{PODS}/IT002E61899978/pom", json={"poMId": "X"})
    assert _slug(pom) == (409, "pod-ended")
    assert (await world["MO"].get(PODS)).json()["pods"] == []
    ended = (await world["MO"].get(PODS, params={"ended": "true"})).json()["pods"]
    assert [p["actionType"] for p in ended] == ["delete"]
    taken = await world["ACEAE_2"].post(PODS, json=pod(owner="ACEAE_2"))
    assert taken.status_code == 201
    lost = await world["ACEAE"].get(f"{PODS}/IT002E61899978")
    assert _slug(lost) == (403, "not-owner")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null",
        b"[null]",
        b'{"pods": null}',
        b'{"pods": [{}]}',
        b'{"podId": "POD-1", "aggregatorId": "ACEAE", "pnP": NaN}',
        b'{"podId": "POD-1", "aggregatorId": "ACEAE", "pnP": Infinity}',
        b'{"podId": "POD-1", "aggregatorId": "ACEAE", "pnP": 1e999}',
        b'{"podId": "POD-1", "aggregatorId": "ACEAE", "pnP": -1}',
        b'{"podId": "POD-1", "aggregatorId": "ACEAE", "name": "Mario Rossi"}',
        b'{"podId": "P\xc3\xb2D-1", "aggregatorId": "ACEAE"}',
        b'{"podId": "P;--", "aggregatorId": "ACEAE"}',
        b'{"podId": "POD-1", "aggregatorId": "ACEAE", "cosPhi": 0}',
        b'{"podId": "POD-1", "aggregatorId": "ACEAE", "actionType": "destroy"}',
        b"[" * 100_000,
    ],
)
async def test_a_malformed_body_is_a_problem(world: World, raw: bytes) -> None:
    answer = await world["ACEAE"].post(PODS, content=raw)
    assert _slug(answer) == (422, "malformed-message")


async def test_openapi_names_the_messages(world: World) -> None:
    paths = world.app.openapi()["paths"]
    for path in ("/api/scd/pods", "/api/scd/baselines", "/api/scd/measurements"):
        assert paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]


async def test_ten_thousand_pods_in_one_message(world: World) -> None:
    pods = [pod(f"POD-{number:05d}") for number in range(10_000)]
    answer = await world["ACEAE"].post(PODS, json=pods)
    assert {result["status"] for result in answer.json()["results"]} == {"accepted"}
    read = 0
    after: str | None = ""
    while after is not None:
        part = (await world["DSO"].get(PODS, params={"after": after})).json()
        read, after = read + len(part["pods"]), part["next"]
    assert read == 10_000
    told: list[str] = []
    async with asyncio.timeout(60):
        while len(told) < 10_000:
            await asyncio.sleep(0.01)
            told = [it["podId"] for registry in world.market.registries for it in registry]
    assert sorted(told) == [each["podId"] for each in pods]
