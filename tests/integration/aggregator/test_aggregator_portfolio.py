import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.records import RecordsAt

from platone.aggregator.context import Aggregator

PROVIDER = "FlexibilityServiceProvider"
DAY_START = "2021-06-22T22:00:00Z"


def entry(pod_id: str, party: str = "ACEAE", **more: Any) -> dict[str, Any]:
    pod = {
        "podId": pod_id,
        "aggregatorId": party,
        "customerId": more.pop("customer", None),
        "pnP": 3000,
        "maxFlexibility": {"upperP": 0, "downP": 2000},
    }
    return {"pod": pod, "preferences": [], **more}


def preference(change_kw: float, index: int = 50) -> dict[str, Any]:
    return {"index": index, "changeKw": change_kw, "priceEurPerKwh": 0.01}


def baseline(pod_id: str, value: float = 2278.545, count: int = 96) -> dict[str, Any]:
    return {"podId": pod_id, "startTime": DAY_START, "interval": 15, "values": [value] * count}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_registration_tells_the_others_in_order(running: Any, others: Any) -> None:
    aggregator = running.client("ACEAE", PROVIDER)
    sent = {"pods": [entry("POD-1", penaltyEurPerKwh=0.05), entry("POD-2", "ACEAE_2")]}
    answer = await aggregator.post("/api/aggregator/pods", json=sent)
    assert [each["status"] for each in answer.json()["results"]] == ["accepted", "refused"]
    assert answer.json()["results"][1]["problem"]["type"] == "/problems/not-owner"
    series = {"series": [baseline("POD-1"), baseline("POD-1", count=92), baseline("POD-9")]}
    answer = await aggregator.post("/api/aggregator/baselines", json=series)
    assert [
        each.get("problem", {}) and each["problem"]["type"] for each in answer.json()["results"]
    ] == [
        None,
        "/problems/baseline-not-of-market-day",
        "/problems/pod-not-in-portfolio",
    ]
    await until(lambda: len(others.calls) == 4)
    assert others.paths().index("/api/scd/pods") < others.paths().index("/api/scd/baselines")
    wallet, agreement = [call for call in others.calls if "contracts" in call[1]]
    assert wallet[:2] == ("PUT", "/api/contracts/wallets/POD-1")
    assert agreement[2]["penaltyPrice"] == 50_000
    again = await aggregator.post("/api/aggregator/pods", json={"pods": sent["pods"][:1]})
    assert again.json()["results"][0]["status"] == "alreadySubmitted"
    await asyncio.sleep(0.1)
    assert len(others.calls) == 4


async def test_a_change_of_preferences_concerns_nobody_else(running: Any, others: Any) -> None:
    aggregator = running.client("ACEAE", PROVIDER)
    await aggregator.post("/api/aggregator/pods", json={"pods": [entry("POD-1")]})
    await until(lambda: len(others.calls) == 3)
    changed = entry("POD-1", preferences=[preference(-10)])
    answer = await aggregator.post("/api/aggregator/pods", json={"pods": [changed]})
    assert answer.json()["results"][0]["status"] == "accepted"
    await asyncio.sleep(0.1)
    assert len(others.calls) == 3


async def test_a_lane_waits_for_what_comes_first(running: Any, others: Any) -> None:
    down = {"ledger": True}
    others.answers["/api/contracts/wallets/POD-1"] = lambda _: (503 if down["ledger"] else 201, {})
    aggregator = running.client("ACEAE", PROVIDER)
    await aggregator.post("/api/aggregator/pods", json={"pods": [entry("POD-1")]})
    await until(lambda: "/api/scd/pods" in others.paths())
    await asyncio.sleep(0.2)
    assert "/api/contracts/agreements" not in others.paths()
    page = (await aggregator.get("/api/aggregator/pods")).json()["pods"][0]
    assert {each["step"]: each["state"] for each in page["progress"]} == {
        "registration": "done",
        "wallet": "waiting",
        "agreement": "waiting",
    }
    down["ledger"] = False
    await until(lambda: "/api/contracts/agreements" in others.paths())
    contracts = [path for path in others.paths() if "contracts" in path]
    assert contracts == ["/api/contracts/wallets/POD-1", "/api/contracts/agreements"]


async def test_a_wallet_that_moves_before_it_is_told_is_told_where_it_is(
    running: Any, others: Any
) -> None:
    """The ledger waits for the registration of the address that it is told: the first is past."""
    first, second = "0x" + "11" * 20, "0x" + "22" * 20
    told: list[str] = []
    registered = {"address": first}

    def ledger(content: Any) -> tuple[int, Any]:
        told.append(content["address"])
        return (201 if content["address"] == registered["address"] == second else 503), {}

    others.answers["/api/contracts/wallets/POD-1"] = ledger
    aggregator = running.client("ACEAE", PROVIDER)
    for address in (first, second):
        sent = entry("POD-1")
        sent["pod"]["wallet"] = address
        await aggregator.post("/api/aggregator/pods", json={"pods": [sent]})
        await until(lambda: bool(told))
    registered["address"] = second
    await until(lambda: "/api/contracts/agreements" in others.paths())
    assert (told[0], told[-1]) == (first, second)
    page = (await aggregator.get("/api/aggregator/pods")).json()["pods"][0]
    assert {each["state"] for each in page["progress"]} == {"done"}


async def test_a_refused_item_is_shown_with_its_reason(running: Any, others: Any) -> None:
    problem = {"type": "/problems/duplicate-identifier", "title": "taken"}
    others.answers["/api/scd/pods"] = lambda content: (
        200,
        {
            "results": [
                {
                    "id": pod["podId"],
                    "status": "refused" if pod["podId"] == "POD-1" else "accepted",
                    "problem": problem if pod["podId"] == "POD-1" else None,
                }
                for pod in content["pods"]
            ]
        },
    )
    aggregator = running.client("ACEAE", PROVIDER)
    pods = {"pods": [entry("POD-1"), entry("POD-2")]}
    await aggregator.post("/api/aggregator/pods", json=pods)
    await until(lambda: len(others.calls) == 3)

    async def state() -> dict[str, Any]:
        page = (await aggregator.get("/api/aggregator/pods")).json()["pods"]
        return {
            each["entry"]["pod"]["podId"]: next(
                step for step in each["progress"] if step["step"] == "registration"
            )
            for each in page
        }

    async with asyncio.timeout(5):
        while (await state())["POD-1"]["state"] == "waiting":
            await asyncio.sleep(0.02)
    found = await state()
    assert found["POD-1"]["state"] == "refused"
    assert found["POD-1"]["problem"] == problem
    assert found["POD-2"]["state"] == "done"
    contracts = [path for path in others.paths() if "contracts" in path]
    assert contracts == ["/api/contracts/wallets/POD-2", "/api/contracts/agreements"]


async def test_a_pod_whose_registration_is_on_its_way_holds_up_no_other(
    running: Any, others: Any
) -> None:
    others.answers["/api/contracts/wallets/POD-1"] = lambda _: (503, {})
    aggregator = running.client("ACEAE", PROVIDER)
    pods = {"pods": [entry("POD-1"), entry("POD-2")]}
    await aggregator.post("/api/aggregator/pods", json=pods)
    await until(lambda: "/api/contracts/agreements" in others.paths())
    agreement = others.calls[others.paths().index("/api/contracts/agreements")][2]
    assert agreement["pod"] == "POD-2"


async def test_nothing_is_lost_by_a_restart(
    tmp_path: Path, running: Any, others: Any, clock: Any, desk: Any, records_at: RecordsAt
) -> None:
    others.answers["/api/scd/pods"] = lambda _: (503, {})
    others.answers["/api/contracts/wallets/POD-1"] = lambda _: (503, {})
    aggregator = running.client("ACEAE", PROVIDER)
    await aggregator.post("/api/aggregator/pods", json={"pods": [entry("POD-1")]})
    await aggregator.post("/api/aggregator/baselines", json={"series": [baseline("POD-1")]})
    await asyncio.sleep(0.1)
    assert others.calls == []
    await running.aggregator.stop()
    del others.answers["/api/scd/pods"], others.answers["/api/contracts/wallets/POD-1"]
    clients = {"ACEAE": running.aggregator._dispatcher._deliver.__self__._clients["ACEAE"]}
    second = Aggregator(records_at(tmp_path / "aggregator.db"), clients, clock, desk)
    await second.start()
    await until(lambda: len(others.calls) == 4)
    assert others.paths() == [
        "/api/scd/pods",
        "/api/contracts/wallets/POD-1",
        "/api/contracts/agreements",
        "/api/scd/baselines",
    ]
    await second.stop()


async def test_tenants_and_customers_see_their_own(running: Any) -> None:
    first, second = running.client("ACEAE", PROVIDER), running.client("ACEAE_2", PROVIDER)
    await first.post(
        "/api/aggregator/pods",
        json={"pods": [entry("POD-1", customer="CUSTOMER-1"), entry("POD-2")]},
    )
    await second.post("/api/aggregator/pods", json={"pods": [entry("POD-3", "ACEAE_2")]})

    async def seen(client: httpx.AsyncClient) -> list[str]:
        page = (await client.get("/api/aggregator/pods")).json()
        return [each["entry"]["pod"]["podId"] for each in page["pods"]]

    assert await seen(first) == ["POD-1", "POD-2"]
    assert await seen(second) == ["POD-3"]
    assert await seen(running.client("CUSTOMER-1", "Customer")) == ["POD-1"]
    assert await seen(running.client("AUDITOR", "Auditor")) == ["POD-1", "POD-2", "POD-3"]


@pytest.mark.parametrize(
    ("party", "role", "path"),
    [
        ("DSO", "SystemOperator", "pods"),
        ("DSO", "SystemOperator", "baselines"),
        ("AUDITOR", "Auditor", "offers"),
        ("ACEAE", PROVIDER, "validatedOutcome"),
        ("ACEAE", PROVIDER, "settlement"),
    ],
)
async def test_the_wrong_role_is_refused_before_the_body_is_read(
    running: Any, party: str, role: str, path: str
) -> None:
    client = running.client(party, role)
    answer = await client.post(f"/api/aggregator/{path}", content=b"{not json")
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/role-missing"
    client.headers.pop("Authorization")
    assert (await client.post(f"/api/aggregator/{path}", content=b"{")).status_code == 401


@pytest.mark.parametrize("content", [b"{", b'{"pods": 3}', b'{"pods": [], "x": 1}', b"NaN"])
async def test_malformed_bodies_are_problems(running: Any, content: bytes) -> None:
    client = running.client("ACEAE", PROVIDER)
    answer = await client.post("/api/aggregator/pods", content=content)
    assert answer.status_code == 422
    assert json.loads(answer.content)["type"] == "/problems/malformed-message"


async def test_a_change_of_the_registration_says_that_it_is_one(running: Any, others: Any) -> None:
    aggregator = running.client("ACEAE", PROVIDER)
    await aggregator.post("/api/aggregator/pods", json={"pods": [entry("POD-1")]})
    changed = entry("POD-1")
    changed["pod"]["pnP"] = 3100
    await aggregator.post("/api/aggregator/pods", json={"pods": [changed]})
    await until(lambda: others.paths().count("/api/scd/pods") == 2)
    sent = [content["pods"][0] for _, path, content in others.calls if path == "/api/scd/pods"]
    assert [(pod["actionType"], pod["pnP"]) for pod in sent] == [
        ("activate", 3000),
        ("modify", 3100),
    ]
