"""Whose data an erasure takes, where a point of delivery has passed to another customer."""

from typing import Any

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
