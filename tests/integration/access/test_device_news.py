"""The health of enrolled devices, and refused messages that are closed, over REST."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cryptography import x509

LETTERS = "/api/access/deadLetters"


async def shown(field: Any, party: str = "ACEAE") -> dict[str, Any]:
    answer = await field.call(party, "GET", "/api/access/devices")
    (device,) = answer.json()["devices"]
    return dict(device)


async def letters(field: Any) -> list[dict[str, Any]]:
    return list((await field.call("MDA", "GET", LETTERS)).json()["deadLetters"])


async def own_link(field: Any, node: Any) -> Any:
    """Return a connection of a device's own."""
    topic = f"bal/nodes/{node.address}/receipts"
    link, _ = await field.link(node.address, field.tls_of("node"), topic)
    return link


async def refused(field: Any, node: Any, link: Any, raw: bytes, times: int = 1) -> dict[str, Any]:
    """Send bytes that are no message over a device's own connection, until they are kept."""
    await link.publish(f"bal/nodes/{node.address}/readings", raw)
    async with asyncio.timeout(8):
        while not (
            found := [
                it
                for it in await letters(field)
                if (it["message"].encode(), it["times"], it["status"]) == (raw, times, "refused")
            ]
        ):
            await asyncio.sleep(0.05)
    return found[0]


async def test_a_device_is_told_by_what_came_of_it(field_: Any, profile: Any) -> None:
    node = await field_.enrolled(profile(1))
    new = await shown(field_)
    assert (new["health"], new.get("lastMessageAt"), new["refusedMessages"]) == (
        "neverHeard",
        None,
        0,
    )
    file = (field_.folder / "node" / "tls.pem").read_bytes()
    ends = x509.load_pem_x509_certificate(file).not_valid_after_utc
    assert datetime.fromisoformat(new["certificateEndsAt"]) == ends
    assert ends > datetime.now(UTC)  # a year and a month of real time
    await node.start()
    await node.collect()
    await node.wait_received()
    await node.stop()
    heard = await shown(field_, "DSO")
    assert (heard["health"], heard["lastMessageAt"]) == ("well", "2021-06-23T10:00:00Z")
    field_.clock.move_to(field_.clock.now() + timedelta(hours=2, seconds=1))
    assert (await shown(field_))["health"] == "silent"
    await refused(field_, node, await own_link(field_, node), b"garbage")
    wrong = await shown(field_)
    assert (wrong["health"], wrong["refusedMessages"]) == ("refused", 1)
    assert (wrong["lastRefusal"], wrong["lastRefusedAt"]) == (
        "malformed-message",
        "2021-06-23T12:00:01Z",
    )
    gone = await field_.call("ACEAE", "DELETE", f"/api/access/devices/{node.address}")
    assert gone.json()["health"] == "revoked"


async def test_a_refused_message_is_closed_with_a_reason_and_opened_when_it_comes_again(
    field_: Any, profile: Any
) -> None:
    node = await field_.enrolled(profile(1))
    link = await own_link(field_, node)
    letter = await refused(field_, node, link, b"garbage")
    path = f"{LETTERS}/{letter['id']}/closing"
    because = {"reason": "A test of the installer's."}
    for party in ("ACEAE", "AUDITOR", "DSO"):
        assert (await field_.call(party, "POST", path, because)).status_code == 403
    assert (await field_.call("MDA", "POST", path, {"reason": ""})).status_code == 422
    assert (await field_.call("MDA", "POST", path, because)).status_code == 200
    (closed,) = await letters(field_)
    assert (closed["status"], closed["closedBecause"]) == ("closed", because["reason"])
    assert closed["message"] == "garbage"
    assert (await shown(field_))["refusedMessages"] == 0
    figures = {it.name: it.samples[0].value for it in await field_.access.figures.measure()}
    assert figures["platone_access_dead_letters"] == 0
    opened = await refused(field_, node, link, b"garbage", times=2)
    assert (opened["id"], opened.get("closedBecause")) == (letter["id"], None)
    unknown = await field_.call("MDA", "POST", f"{LETTERS}/999/closing", because)
    assert unknown.json()["type"] == "/problems/dead-letter-unknown"


async def test_what_was_taken_meanwhile_is_not_closed(field_: Any, profile: Any) -> None:
    meter = profile(1)
    early = meter.readings[0].start_time + timedelta(hours=1)
    meter.readings = [msgspec.structs.replace(meter.readings[0], start_time=early)]
    node = await field_.enrolled(meter)
    await node.start()
    await node.collect()
    async with asyncio.timeout(8):
        while not (found := await letters(field_)):
            await asyncio.sleep(0.05)
    field_.clock.move_to(field_.clock.now() + timedelta(hours=1))
    await node.wait_received()
    path = f"{LETTERS}/{found[0]['id']}/closing"
    refusal = await field_.call("MDA", "POST", path, {"reason": "too late"})
    assert (refusal.status_code, refusal.json()["type"]) == (409, "/problems/dead-letter-taken")
    assert [it["status"] for it in await letters(field_)] == ["replayed"]
