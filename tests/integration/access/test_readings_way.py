"""A reading's way: meter, node, broker, access layer, customers and ledger; and back, a receipt."""

import asyncio
import hashlib
import sqlite3
from datetime import timedelta
from typing import Any

import msgspec
from eth_account import Account
from eth_account.messages import encode_defunct

from platone.infra.mqtt.broker import MqttBroker


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
    again = MqttBroker(field_.broker._tls, port=field_.broker.port)
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


async def test_restarted_broker_in_the_middle_of_traffic_loses_and_doubles_nothing(
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
    broker = field_.broker
    for _ in range(3):
        await asyncio.sleep(0.2)
        await broker.stop()
        broker = MqttBroker(broker._tls, port=broker.port)
        await broker.start()
    field_.at_end.append(broker.stop)
    await collecting
    await node.wait_received()
    await field_.until(lambda: len(field_.partners.measurements) >= 100)
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


async def test_measurement_that_customers_refuse_is_set_aside_with_their_answer(
    field_: Any, profile: Any
) -> None:
    node = await field_.enrolled(profile(5))
    field_.partners.owners.clear()
    await node.start()
    await node.collect()
    await node.wait_received()

    def refused() -> list[Any]:
        with sqlite3.connect(field_.folder / "access.db") as records:
            found = records.execute(
                "SELECT answer, length(body) FROM outbox WHERE state = 'refused'"
            ).fetchall()
        records.close()
        return found

    await field_.until(lambda: bool(refused()))
    ((answer, length),) = refused()
    assert "5 of 5 were refused" in answer
    assert length > 0
