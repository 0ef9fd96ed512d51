"""Whose data an erasure takes, where a point of delivery has passed to another customer."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from fastapi import Request, Response
from sqlalchemy import update

from platone.customers.domain.erasure import StoredErasure, first_parts
from platone.customers.records.erasure import ErasureRecords
from platone.customers.records.pod import PodTransaction
from platone.customers.records.table import erasure
from platone.infra.db import Database

PODS, ERASURES = "/api/scd/pods", "/api/scd/erasures"


def _pod(customer: str, action: str = "activate") -> dict[str, str]:
    return {
        "podId": "POD-1",
        "aggregatorId": "ACEAE",
        "customerId": customer,
        "actionType": action,
    }


async def test_the_earlier_customer_cannot_have_the_later_ones_data_erased(world: Any) -> None:
    assert (await world["ACEAE"].post(PODS, json=_pod("CUSTOMER-1"))).status_code == 201
    passed = await world["ACEAE"].post(PODS, json=_pod("CUSTOMER-2", "modify"))
    assert passed.json()["status"] == "accepted"
    asked = await world["CUSTOMER-1"].post(ERASURES, json={})
    assert (asked.status_code, asked.json()["type"]) == (404, "/problems/nothing-to-erase")
    (kept,) = (await world["MDA"].get(PODS)).json()["pods"]
    assert kept["customerId"] == "CUSTOMER-2"


async def test_it_goes_with_the_later_customers_request(world: Any) -> None:
    """An erasure is of a point of delivery with all its past: the page on erasure says so."""
    await world["ACEAE"].post(PODS, json=_pod("CUSTOMER-2"))
    await world["ACEAE"].post(PODS, json=_pod("CUSTOMER-1", "modify"))
    asked = await world["CUSTOMER-1"].post(ERASURES, json={})
    assert asked.status_code == 202, asked.text
    assert (await world["MDA"].get(PODS)).json()["pods"] == []


async def test_a_customer_sees_its_own_erasures_and_nobody_elses(world: Any) -> None:
    await world["ACEAE"].post(PODS, json=_pod("CUSTOMER-1"))
    other = _pod("CUSTOMER-2") | {"podId": "POD-2"}
    assert (await world["ACEAE"].post(PODS, json=other)).status_code == 201
    own = (await world["CUSTOMER-1"].post(ERASURES, json={})).json()["id"]
    foreign = (await world["DPO"].post(ERASURES, json={"customerId": "CUSTOMER-2"})).json()["id"]
    listed = (await world["CUSTOMER-1"].get(ERASURES)).json()["erasures"]
    assert [each["id"] for each in listed] == [own]
    every = (await world["DPO"].get(ERASURES)).json()["erasures"]
    assert {each["id"] for each in every} == {own, foreign}
    assert (await world["MDA"].get(ERASURES)).status_code == 403


async def test_erasures_that_wait_hide_none_that_come_after_them(database: Database) -> None:
    """The earliest ones may wait for months; up to now only the first thousand were read."""
    records, asked = ErasureRecords(database), datetime(2021, 10, 31, tzinfo=UTC)
    names = [f"{number:032x}" for number in range(1_003)]
    for number, name in enumerate(names):
        at = asked + timedelta(seconds=number // 2)  # two at each instant: ties are told apart
        made = StoredErasure(name, f"CUSTOMER-{number}", ("POD-1",), at, None, (*first_parts(),))
        await records.add(made, [], "DPO")
    assert [each.id async for each in records.open()] == names


async def test_who_was_stopped_before_its_pages_were_written_anew_does_that_again(
    database: Database,
) -> None:
    """Whose it was has gone with the data, and it is not done: a kill may leave it so."""
    records, asked = ErasureRecords(database), datetime(2021, 10, 31, tzinfo=UTC)
    made = StoredErasure("e" * 32, "CUSTOMER-1", ("POD-1",), asked, None, (*first_parts(),))
    await records.add(made, [], "DPO")
    async with database.transaction() as connection:
        await connection.execute(update(erasure).values(customer_id=None, pod_ids=None))
        assert await PodTransaction(connection).under_erasure() == set()
    (left,) = [each async for each in records.open()]
    assert (left.customer_id, left.pod_ids) == (None, ())
    await records.erase(left, asked)
    ended = await records.find(made.id)
    assert ended is not None
    assert ended.done_at == asked


def _answering(world: Any, context: str, answers: list[dict[str, Any]]) -> list[Any]:
    """A party's system that gives these answers to orders, the last one again and again."""
    orders: list[Any] = []

    async def take(request: Request) -> Response:
        orders.append(await request.json())
        told = {"context": context} | answers[min(len(orders), len(answers)) - 1]
        return Response(msgspec.json.encode(told), media_type="application/json")

    world.app.add_route(f"/api/{context}/erasures", take, methods=["POST"])
    return orders


async def _until(world: Any, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            told = (await world["DPO"].get(f"{ERASURES}/{name}")).json()
            parts = {part["context"]: part for part in told["parts"]}
            if holds(parts):
                return parts
            await asyncio.sleep(0.05)


async def test_who_does_not_answer_is_told_and_hinders_nobody_else(world: Any) -> None:
    """No dso and no market run here; what the aggregators' system says is not understood."""
    _answering(world, "dso", [{"state": "maybe"}])
    await world["ACEAE"].post(PODS, json=_pod("CUSTOMER-1"))
    asked = (await world["CUSTOMER-1"].post(ERASURES, json={})).json()
    due = datetime.fromisoformat(asked["dueAt"]) - datetime.fromisoformat(asked["requestedAt"])
    assert due == timedelta(days=30)
    silent = "it does not answer: "
    parts = await _until(
        world,
        asked["id"],
        lambda parts: all(
            parts[it].get("reason", "").startswith(silent) for it in ("dso", "market")
        ),
    )
    assert "404" in parts["market"]["reason"]
    assert parts["identity"]["state"] == "done"


async def test_the_grid_is_asked_once_more_when_the_market_is_done(world: Any) -> None:
    """Until then an outcome that names the person may have come to it; and early answers count."""
    in_a_year = {"state": "waiting", "reason": "x", "until": "2022-06-20T10:00:00Z"}
    orders = _answering(world, "dso", [{"state": "done"}])
    _answering(world, "market", [in_a_year, in_a_year, {"state": "done"}])
    await world["ACEAE"].post(PODS, json=_pod("CUSTOMER-1"))
    name = (await world["CUSTOMER-1"].post(ERASURES, json={})).json()["id"]
    first = await _until(world, name, lambda parts: parts["dso"]["state"] == "done")
    assert first["market"]["state"] == "waiting"
    assert len(orders) == 1
    await _until(world, name, lambda parts: parts["market"]["state"] == "done")
    await _until(world, name, lambda parts: parts["dso"]["state"] == "done")
    assert len(orders) == 2
