"""Revocation of a device: at the broker at once, on the chain, and for good."""

import asyncio
import math
import ssl
from typing import Any

import msgspec
import pytest
from eth_account import Account

from platone.access.service.certify import TreePace
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import MqttLink
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles, client_context

POD = "IT002E61899978"
ACCEPTED, UNAVAILABLE, NOT_AUTHORISED = 0, 3, 5
"""Return codes of CONNACK (MQTT 3.1.1, section 3.2.2.3)."""


class Wire:
    """A device's connection, byte by byte, with its true certificate."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, context: ssl.SSLContext) -> "Wire":
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context))

    async def connect(self, name: str, *, is_clean: bool = True) -> int:
        body = b"\x00\x04MQTT\x04" + bytes([2 * is_clean]) + b"\x00\x3c" + _text(name)
        return (await self.ask(b"\x10" + bytes([len(body)]) + body, 4))[3]

    async def subscribe(self, topic: str) -> int:
        body = b"\x00\x01" + _text(topic) + b"\x01"
        return (await self.ask(b"\x82" + bytes([len(body)]) + body, 5))[4]

    async def publish(self, topic: str, payload: bytes) -> None:
        body = _text(topic) + payload
        self._writer.write(b"\x30" + bytes([len(body)]) + body)

    async def ask(self, sent: bytes, count: int) -> bytes:
        self._writer.write(sent)
        async with asyncio.timeout(5):
            return await self._reader.readexactly(count)

    async def rest(self) -> bytes:
        """Return what still comes, until the broker hangs up."""
        try:
            async with asyncio.timeout(5):
                return await self._reader.read()
        except ConnectionError:
            return b""

    def close(self) -> None:
        self._writer.transport.abort()


def _text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


async def connected(field: Any, name: str, tls: TlsFiles, **more: Any) -> tuple[Wire, int]:
    wire = await Wire.open(field.broker.port, client_context(tls))
    return wire, await wire.connect(name, **more)


async def connect_code(field: Any, name: str, tls: TlsFiles) -> int:
    wire, code = await connected(field, name, tls)
    wire.close()
    return code


async def revoke(field: Any, address: str, party: str = "ACEAE") -> None:
    answer = await field.call(party, "DELETE", f"/api/access/devices/{address}")
    assert answer.json()["status"] == "revoked"


async def dso_link(field: Any, *topics: str) -> tuple[MqttLink, Any]:
    tls = await field.identity.transport_credentials("dso")
    link: tuple[MqttLink, Any] = await field.link("dso", tls, *topics)
    return link


async def test_revoked_device_is_hung_up_on_and_stays_out(field_: Any, profile: Any) -> None:
    node = await field_.enrolled(profile(1))
    name, tls = node.address, field_.tls_of("node")
    wire, code = await connected(field_, name, tls, is_clean=False)
    assert code == ACCEPTED
    assert await wire.subscribe(f"bal/nodes/{name}/setpoints") == 1
    await revoke(field_, name)
    assert await wire.rest() == b""
    for _ in range(2):
        assert await connect_code(field_, name, tls) == NOT_AUTHORISED
    await field_.until(lambda: bool(field_.partners.revoked))
    assert field_.partners.revoked == [name]
    assert (await field_.call("ACEAE", "GET", "/api/access/devices")).json()["devices"][0][
        "status"
    ] == "revoked"


async def test_setpoints_for_a_revoked_device_wait_for_nobody(field_: Any, profile: Any) -> None:
    """Its session is gone, so that a later device of the same name would get nothing of it."""
    node = await field_.enrolled(profile(1))
    name, tls, topic = node.address, field_.tls_of("node"), f"bal/nodes/{node.address}/setpoints"
    wire, _ = await connected(field_, name, tls, is_clean=False)
    assert await wire.subscribe(topic) == 1
    await revoke(field_, name)
    await wire.rest()
    dso, _ = await dso_link(field_)
    await dso.publish(topic, b"secret")
    field_.broker.standing.admit(name)
    wire, code = await connected(field_, name, tls, is_clean=False)
    assert code == ACCEPTED
    assert await wire.ask(b"\xc0\x00", 2) == b"\xd0\x00"  # PINGRESP, and no message before it
    wire.close()


async def test_phasors_are_taken_of_standing_devices_only(field_: Any, profile: Any) -> None:
    _, heard = await dso_link(field_, "bal/pmu/+")
    node = await field_.enrolled(profile(1))
    name, topic = node.address, f"bal/pmu/{node.address}"
    wire, _ = await connected(field_, name, field_.tls_of("node"))
    await wire.publish(topic, b"while it stands")
    async with asyncio.timeout(5):
        assert (await anext(heard)).payload == b"while it stands"
    await revoke(field_, name)
    await wire.publish(topic, b"afterwards")
    assert await wire.rest() == b""
    stranger = Account.create().address
    tls = await field_.identity.transport_credentials(stranger)
    assert await connect_code(field_, stranger, tls) == NOT_AUTHORISED
    other = field_.node(profile(1), "other")
    answer = await field_.call("ACEAE", "POST", "/api/access/devices", other.enrolment(POD))
    assert answer.status_code == 201
    tls = await field_.identity.transport_credentials(other.address)
    wire, _ = await connected(field_, other.address, tls)
    await wire.publish(f"bal/pmu/{other.address}", b"of the next device")
    async with asyncio.timeout(5):
        assert (await anext(heard)).payload == b"of the next device"
    wire.close()


async def test_revoked_key_never_comes_back(field_: Any, profile: Any) -> None:
    node = await field_.enrolled(profile(1))
    await revoke(field_, node.address)
    await revoke(field_, node.address, "MDA")  # again: nothing new
    answer = await field_.call("ACEAE", "POST", "/api/access/devices", node.enrolment(POD))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/device-revoked")
    await field_.enrolled(profile(1), "next")
    await field_.until(lambda: bool(field_.partners.revoked))
    assert field_.partners.revoked == [node.address]


async def test_chain_is_told_of_a_revocation_when_it_answers_again(
    field_: Any, profile: Any
) -> None:
    node = await field_.enrolled(profile(1))
    field_.partners.is_down = True
    await revoke(field_, node.address)
    assert await connect_code(field_, node.address, field_.tls_of("node")) == NOT_AUTHORISED
    await field_.access.stop()
    field_.partners.is_down = False
    await field_.access.start()
    await field_.until(lambda: bool(field_.partners.revoked))
    assert field_.partners.revoked == [node.address]


@pytest.mark.parametrize("is_ledger_late", [False, True])
async def test_what_a_device_sent_while_it_stood_is_anchored_before_it_is_revoked(
    field_: Any, profile: Any, *, is_ledger_late: bool
) -> None:
    """What is anchored after the revocation would not be paid (ledger: CheckReadings)."""
    partners = field_.partners
    partners.records = heard = Heard(partners.revoked)
    node = await field_.enrolled(profile(3))
    field_.access._pace = TreePace(look_s=math.inf)
    field_.access._pace.is_look_due(0.0)
    await node.start()
    await node.collect()
    await field_.until(lambda: len(partners.measurements) == 3)
    partners.is_down = is_ledger_late
    await revoke(field_, node.address)
    if is_ledger_late:
        await asyncio.sleep(1)
        assert (heard, partners.revoked) == ([], [])
        partners.is_down = False
    await field_.until(lambda: bool(partners.revoked))
    assert heard
    assert heard.revoked_before == [0] * len(heard)


class Heard(list[dict[str, Any]]):
    """The records that were certified, each with how many devices were revoked before."""

    def __init__(self, revoked: list[str]) -> None:
        self.revoked, self.revoked_before = revoked, list[int]()

    def __iadd__(self, more: Any) -> Any:  # type: ignore[misc]  # of a list, as it is used
        self.revoked_before += [len(self.revoked)] * len(more)
        return super().__iadd__(more)


async def test_standing_outlives_a_restart(field_: Any, profile: Any) -> None:
    gone, stays = await field_.enrolled(profile(1)), None
    await revoke(field_, gone.address)
    stays = await field_.enrolled(profile(1), "next")
    await field_.access.stop()
    old = field_.broker
    await old.stop()
    field_.broker = MqttBroker(old._tls, Standing(), port=old.port)
    field_.access._broker = field_.broker
    await field_.broker.start()
    assert await connect_code(field_, stays.address, field_.tls_of("next")) == UNAVAILABLE
    dso = await field_.identity.transport_credentials("dso")
    assert await connect_code(field_, "dso", dso) == ACCEPTED  # services need not wait for it
    await field_.access.start()
    assert await connect_code(field_, stays.address, field_.tls_of("next")) == ACCEPTED
    assert await connect_code(field_, gone.address, field_.tls_of("node")) == NOT_AUTHORISED


async def test_certificate_of_our_authority_alone_opens_nothing(field_: Any) -> None:
    for name in (Account.create().address, "market", "dso-2"):
        tls = await field_.identity.transport_credentials(name)
        assert await connect_code(field_, name, tls) == NOT_AUTHORISED, name
    assert msgspec.json.decode(
        (await field_.call("MDA", "GET", "/api/access/devices")).content
    ) == {"next": None, "devices": []}
