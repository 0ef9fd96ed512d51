"""Whose data an erasure takes, where a point of delivery has passed to another customer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from platone.customers.domain.erasure import StoredErasure, first_parts
from platone.customers.records.erasure import ErasureRecords
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
