"""A reading's way: meter, node, broker, access layer, customers and ledger; and back, a receipt."""

import asyncio
import hashlib
import sqlite3
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from platone.infra.mqtt.broker import MqttBroker

BOTH = pytest.mark.parametrize("broker_kind", ["embedded", "mosquitto"])


@BOTH
async def test_readings_come_out_certified_and_signed_by_their_device(
    field_: Any, profile: Any
) -> None:
    node = await field_.enrolled(profile(250))
    await node.start()
    assert await node.collect() == 3
    await node.wait_received()
    assert (await node.status()).waiting == 0
    told = field_.partners
    await field_.until(lambda: len(told.measurements) == 250 and len(told.records) == 3)
    assert [it["energyWh"] for it in told.measurements] == list(range(1000, 1250))
    assert {it["podId"] for it in told.measurements} == {"IT002E61899978"}
    for record in told.records:
        # Independent of our signing code: eth-account recovers the signer, hashlib the leaf.
        envelope = msgspec.json.decode(record["content"])
        signed = encode_defunct(text=envelope["payload"])
        signer = Account.recover_message(signed, signature=envelope["signature"])
        assert signer == node.address
        salt = bytes.fromhex(record["salt"][2:])
        leaf = hashlib.sha256(b"\x00" + salt + record["content"].encode()).hexdigest()
        sequence = msgspec.json.decode(envelope["payload"])["sequence"]
        mine = [it for it in told.measurements if it["certificationId"] == record["id"]]
        assert mine
        assert {it["certificationHash"] for it in mine} == {leaf}
        assert {it["sequence"] for it in mine} == {sequence}
    assert len({record["salt"] for record in told.records}) == 3


async def test_node_keeps_its_messages_through_an_outage_of_the_broker(
    field_: Any, profile: Any
) -> None:
    node = await field_.enrolled(profile(10))
    await node.start()
    await field_.broker.stop()
    await node.collect()
    await asyncio.sleep(0.2)
    assert (await node.status()).waiting == 1
    again = MqttBroker(field_.broker._tls, field_.broker.standing, port=field_.broker.port)
    await again.start()
    field_.at_end.append(again.stop)
    await node.wait_received()
    await field_.until(lambda: len(field_.partners.measurements) == 10)


async def test_node_keeps_what_comes_too_early_for_a_server_with_a_late_clock(
    field_: Any, profile: Any
) -> None:
    meter = profile(4)
    meter.readings = [
        msgspec.structs.replace(it, start_time=it.start_time + timedelta(hours=1))
        for it in meter.readings
    ]
    node = await field_.enrolled(meter)
    await node.start()
    assert await node.collect() == 1
    letters = "/api/access/deadLetters"
    async with asyncio.timeout(8):
        while not (await field_.call("MDA", "GET", letters)).json()["deadLetters"]:
            await asyncio.sleep(0.05)
    status = await node.status()
    assert (status.waiting, status.refused) == (1, 0)
    field_.clock.move_to(field_.clock.now() + timedelta(hours=1))
    await node.wait_received()
    assert (await node.status()).refused == 0
    await field_.until(lambda: len(field_.partners.measurements) == 4)


@BOTH
async def test_broker_that_ends_in_the_middle_of_traffic_loses_and_doubles_nothing(
    field_: Any, profile: Any
) -> None:
    meter = profile(100)
    meter.hidden = 100
    node = await field_.enrolled(meter)
    await node.start()

    async def collect_all() -> None:
        while meter.hidden:
            meter.hidden -= 1
            await node.collect()

    collecting = asyncio.create_task(collect_all())
    for _ in range(3):
        await asyncio.sleep(0.2)
        await field_.break_broker()
    await collecting
    await node.wait_received()
    await field_.until(lambda: len(field_.partners.measurements) >= 100, 30)
    values = [it["energyWh"] for it in field_.partners.measurements]
    assert sorted(values) == list(range(1000, 1100))


async def test_partners_that_are_away_hold_up_no_receipt_and_miss_nothing(
    field_: Any, profile: Any
) -> None:
    node = await field_.enrolled(profile(5))
    field_.partners.is_down = True
    await node.start()
    await node.collect()
    await node.wait_received()
    assert not field_.partners.measurements
    field_.partners.is_down = False
    await field_.until(lambda: len(field_.partners.measurements) == 5)


async def open_letters(field: Any) -> list[dict[str, Any]]:
    answer = await field.call("MDA", "GET", "/api/access/deadLetters")
    return [it for it in answer.json()["deadLetters"] if it["status"] == "refused"]


async def when_idle(field: Any) -> None:
    """Wait until nothing waits in the access layer's outbox: all was taken or refused for good."""

    def is_idle() -> bool:
        with sqlite3.connect(field.folder / "access.db") as records:
            query = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
            ((waiting,),) = records.execute(query).fetchall()
            query = "SELECT count(*) FROM messages WHERE NOT is_certified"
            ((uncertified,),) = records.execute(query).fetchall()
        records.close()
        return bool(waiting + uncertified == 0)

    await field.until(is_idle, 60)


async def test_measurement_that_customers_refuse_is_a_dead_letter_with_their_answer(
    field_: Any, profile: Any
) -> None:
    node = await field_.enrolled(profile(5))
    owners = dict(field_.partners.owners)
    field_.partners.owners.clear()
    await node.start()
    await node.collect()
    await node.wait_received()
    await when_idle(field_)
    (letter,) = await open_letters(field_)
    assert (letter["reason"], letter["device"]) == ("not-shared", node.address)
    assert "POST /api/scd/measurements" in letter["detail"]
    assert len(field_.partners.records) == 1  # it is certified all the same

    field_.partners.owners |= owners  # the cause is mended
    replay = f"/api/access/deadLetters/{letter['id']}/replay"
    assert (await field_.call("MDA", "POST", replay)).status_code == 200
    await when_idle(field_)
    assert len(field_.partners.measurements) == 5
    assert await open_letters(field_) == []


@pytest.mark.parametrize("is_whole", [False, True])
async def test_one_refused_record_harms_no_other(
    field_: Any,
    profile: Any,
    is_whole: bool,  # noqa: FBT001
) -> None:
    """Twenty messages in one batch: one is refused, by itself or together with its batch."""
    node = await field_.enrolled(profile(20 * 100))
    field_.partners.is_down = True
    await node.start()
    assert await node.collect() == 20
    await node.wait_received()
    refused = "reading:{}:{}".format(*stored_messages(field_)[17])
    (field_.partners.poison if is_whole else field_.partners.refused).add(refused)
    field_.partners.is_down = False
    await when_idle(field_)
    told = field_.partners.records
    assert len({it["id"] for it in told}) == 19
    assert refused not in {it["id"] for it in told}
    (letter,) = await open_letters(field_)
    assert letter["reason"] == "not-shared"
    assert "duplicate-identifier: used before" in letter["detail"]
    assert letter["times"] == 1
    assert len(field_.partners.measurements) == 2000

    field_.partners.refused.clear()
    field_.partners.poison.clear()
    replay = f"/api/access/deadLetters/{letter['id']}/replay"
    assert (await field_.call("MDA", "POST", replay)).status_code == 200
    await when_idle(field_)
    assert refused in {it["id"] for it in told}
    assert await open_letters(field_) == []


def stored_messages(field: Any) -> list[tuple[str, int]]:
    with sqlite3.connect(field.folder / "access.db") as records:
        found = records.execute(
            "SELECT device, sequence FROM messages ORDER BY sequence"
        ).fetchall()
    records.close()
    return found
