"""What devices send over MQTT and must not be believed; they sign with eth-account, not with us."""

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from platone.infra.mqtt.enrolment import make_request
from platone.kernel.signature import SigningKey

PODS = ("IT001E00000002", "IT001E00000003")


class Device:
    """An enrolled device: its key, its certificate, and what it has sent so far."""

    def __init__(self, outside: Any, pod: str, folder: Path) -> None:
        self.outside, self.pod = outside, pod
        self.account = Account.create()
        self.address = self.account.address
        key, csr = make_request(SigningKey(bytes(self.account.key)))
        asked = {"device": self.address, "podId": pod, "csr": csr.decode()}
        answer = outside.call("ACEAE", "POST", "/api/access/devices", asked)
        assert answer.status_code == 201, answer.text
        self.told = answer.json()
        folder.mkdir()
        for name, content in (("key", key.decode()), ("cert", self.told["certificate"])):
            (folder / name).write_text(content)
        self.tls = ssl.create_default_context(cadata=self.told["ca"])
        self.tls.load_cert_chain(folder / "cert", folder / "key")
        self.number = 0

    def payload(self, **changes: Any) -> dict[str, Any]:
        """A good batch of one reading of a quarter-hour that was not read yet, but for changes."""
        self.number += 1
        hour, quarter = divmod(self.number, 4)
        reading = {
            "podId": self.pod,
            "startTime": f"2021-10-28T{hour:02}:{15 * quarter:02}:00Z",
            "durationMinutes": 15,
            "energyWh": 500,
        }
        reading |= {name: changes.pop(name) for name in list(changes) if name in reading}
        return {
            "device": self.address,
            "sequence": self.number,
            "sentAt": "2021-10-30T11:05:00Z",
            "readings": [reading],
        } | changes

    def envelope(self, payload: Any, account: Any = None, **changes: Any) -> bytes:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        signed = (account or self.account).sign_message(encode_defunct(text=text))
        signature = "0x" + bytes(signed.signature).hex()
        envelope = {"device": self.address, "payload": text, "signature": signature}
        return json.dumps(envelope | changes).encode()

    def connection(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.told["host"], self.told["port"], identifier=self.address, tls_context=self.tls
        )

    async def send(self, *messages: bytes) -> list[dict[str, Any]]:
        """Send messages; the receipts, which the access layer's own key has signed."""
        receipts = []
        async with self.connection() as client, asyncio.timeout(30):
            await client.subscribe(f"bal/nodes/{self.address}/receipts", qos=1)
            for message in messages:
                await client.publish(f"bal/nodes/{self.address}/readings", message, qos=1)
                answer = json.loads((await anext(client.messages)).payload)
                text = encode_defunct(text=answer["payload"])
                signer = Account.recover_message(text, signature=answer["signature"])
                assert signer == self.told["receiptSigner"]
                receipts.append(json.loads(answer["payload"]))
        return receipts

    def stored(self) -> list[tuple[str, int]]:
        """What of this device's readings has arrived in the customer database."""
        path = f"/api/scd/measurements?podId={self.pod}&to=2021-10-29T00:00:00Z"
        found = self.outside.get("ACEAE", path)["measurements"]
        return [(each["startTime"], each["energyWh"]) for each in found]

    async def refused(self, message: bytes, reason: str, status: int) -> None:
        """It is refused with a documented reason and stored nowhere; a good one after it is."""
        before = self.stored()
        good = self.payload()
        bad_receipt, receipt = await self.send(message, self.envelope(good))
        assert (bad_receipt["status"], bad_receipt["reason"]) == ("refused", reason)
        assert receipt["status"] == "stored"
        await self.arrived(good)
        assert len(self.stored()) == len(before) + 1
        page = self.outside.http.get(f"/problems/{reason}")
        assert f"HTTP status {status}" in page.text

    async def arrived(self, payload: dict[str, Any]) -> None:
        start = payload["readings"][0]["startTime"]
        async with asyncio.timeout(20):
            while start not in [at for at, _ in self.stored()]:
                await asyncio.sleep(0.1)

    def letters(self) -> list[dict[str, Any]]:
        page = self.outside.get("MDA", "/api/access/deadLetters")["deadLetters"]
        return [each for each in page if each["device"] == self.address]


@pytest.fixture(scope="module")
def devices(outside: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Device, Device]:
    folder = tmp_path_factory.mktemp("devices")
    one, two = (Device(outside, pod, folder / pod) for pod in PODS)
    return one, two


async def test_good_reading_arrives_once(devices: Any) -> None:
    device, _ = devices
    good = device.payload(energyWh=123)
    (receipt,) = await device.send(device.envelope(good))
    assert (receipt["status"], receipt["sequence"]) == ("stored", good["sequence"])
    await device.arrived(good)
    assert [energy for _, energy in device.stored()].count(123) == 1


async def test_forged_readings(devices: Any) -> None:
    device, other = devices
    by_another = device.envelope(device.payload(), other.account)
    await device.refused(by_another, "signature-invalid", 403)
    changed = json.loads(device.envelope(device.payload()))
    changed["payload"] = changed["payload"].replace("500", "900")
    await device.refused(json.dumps(changed).encode(), "signature-invalid", 403)
    in_its_name = other.envelope(other.payload())
    await device.refused(in_its_name, "device-mismatch", 403)
    not_its_pod = device.envelope(device.payload(podId=other.pod))
    await device.refused(not_its_pod, "pod-mismatch", 403)
    assert other.stored() == []


async def test_replayed_reading_has_its_receipt_again_and_counts_once(devices: Any) -> None:
    device, _ = devices
    good = device.payload(energyWh=321)
    message = device.envelope(good)
    receipts = await device.send(message, message, message)
    assert len({(each["sequence"], each["messageHash"]) for each in receipts}) == 1
    assert {each["status"] for each in receipts} == {"stored"}
    await device.arrived(good)
    assert [energy for _, energy in device.stored()].count(321) == 1


async def test_used_sequence_with_other_content(devices: Any) -> None:
    device, _ = devices
    first = device.payload(energyWh=222)
    await device.send(device.envelope(first))
    await device.arrived(first)
    other = device.payload(sequence=first["sequence"])
    await device.refused(device.envelope(other), "sequence-reused", 409)
    rewritten = device.payload(startTime=first["readings"][0]["startTime"], energyWh=223)
    await device.refused(device.envelope(rewritten), "interval-taken", 409)
    assert [energy for _, energy in device.stored()].count(222) == 1
    assert 223 not in [energy for _, energy in device.stored()]


async def test_readings_that_cannot_be(devices: Any) -> None:
    device, _ = devices
    for changes, reason in (
        ({"startTime": "2021-10-28T23:07:00Z"}, "interval-misaligned"),
        ({"energyWh": 10**9}, "energy-implausible"),
        ({"energyWh": 0.5}, "malformed-message"),
        ({"readings": []}, "malformed-message"),
        ({"surplus": 1}, "malformed-message"),
    ):
        await device.refused(device.envelope(device.payload(**changes)), reason, 422)


async def test_reading_of_the_future_is_to_be_sent_again(devices: Any) -> None:
    device, _ = devices
    early = device.envelope(device.payload(startTime="2021-10-30T11:00:00Z"))
    before, good = device.stored(), device.payload()
    receipt, other = await device.send(early, device.envelope(good))
    assert (receipt["status"], receipt["reason"]) == ("tryLater", "interval-in-future")
    assert other["status"] == "stored"
    await device.arrived(good)
    assert len(device.stored()) == len(before) + 1


async def test_bytes_that_are_no_message(devices: Any) -> None:
    device, _ = devices
    for raw in (b"", b"{", b"\xff\xfe", b"[" * 50_000, b"null", b'{"device":NaN}', b'{"a":1e999}'):
        await device.refused(raw, "malformed-message", 422)
    nested = device.envelope('{"a":' * 10_000)
    await device.refused(nested, "malformed-message", 422)


async def test_refused_messages_are_kept_for_the_administrator(devices: Any, outside: Any) -> None:
    device, _ = devices
    garbage = b"garbage %d" % device.number
    await device.refused(garbage, "malformed-message", 422)
    letter = next(each for each in device.letters() if each["message"].encode() == garbage)
    assert (letter["reason"], letter["times"]) == ("malformed-message", 1)
    replay = f"/api/access/deadLetters/{letter['id']}/replay"
    outside.bad(("ACEAE", "POST", replay, None), 403, "role-missing")
    outside.bad(("MDA", "POST", replay, None), 422, "malformed-message")
    unknown = "/api/access/deadLetters/999999/replay"
    outside.bad(("MDA", "POST", unknown, None), 404, "dead-letter-unknown")


async def test_device_writing_anothers_topic(devices: Any) -> None:
    """The broker hangs up on it; neither the message nor a trace of it gets through."""
    device, other = devices
    before, letters = other.stored(), other.letters()
    for topic in (
        f"bal/nodes/{other.address}/readings",
        f"bal/nodes/{other.address}/acknowledgements",
        f"bal/nodes/{device.address}/setpoints",
        f"bal/nodes/{device.address}/receipts",
        "bal/nodes/+/readings",
        "$SYS/x",
    ):
        with pytest.raises((aiomqtt.MqttError, ValueError)):  # the library refuses wildcards
            async with device.connection() as client, asyncio.timeout(10):
                await client.publish(topic, other.envelope(other.payload()), qos=0)
                await anext(client.messages)  # none comes: it is hung up on
    assert (other.stored(), other.letters()) == (before, letters)
    good = device.payload()
    assert (await device.send(device.envelope(good)))[0]["status"] == "stored"


async def test_device_listening_to_anothers_topic(devices: Any) -> None:
    device, other = devices
    async with device.connection() as client:
        for topic in (f"bal/nodes/{other.address}/setpoints", "bal/nodes/+/setpoints", "#"):
            (code,) = await client.subscribe(topic, qos=1)
            assert int(getattr(code, "value", code)) == 0x80, topic


async def test_device_under_anothers_name(devices: Any) -> None:
    device, other = devices
    for name in (other.address, "access", "dso", ""):
        client = aiomqtt.Client(
            device.told["host"],
            device.told["port"],
            identifier=name,
            tls_context=device.tls,
            timeout=2,
        )
        with pytest.raises(aiomqtt.MqttError):
            async with client:
                pass
    (receipt,) = await device.send(device.envelope(device.payload()))
    assert receipt["status"] == "stored"


async def test_nobody_without_a_certificate(devices: Any) -> None:
    device, _ = devices
    bare = ssl.create_default_context(cadata=device.told["ca"])
    client = aiomqtt.Client(
        device.told["host"],
        device.told["port"],
        identifier=device.address,
        tls_context=bare,
        timeout=2,
    )
    with pytest.raises(aiomqtt.MqttError):
        async with client:
            pass


async def test_revoked_device_is_out_at_once_and_for_good(outside: Any, tmp_path: Path) -> None:
    """Its connection ends, it cannot come back, and the chain's register says so."""
    device = Device(outside, "IT001E00000001", tmp_path / "revoked")
    (receipt,) = await device.send(device.envelope(device.payload()))
    assert receipt["status"] == "stored"
    register = f"/api/contracts/nodes/{device.address}"
    assert outside.get("AUDITOR", register)["status"] == "registered"
    with pytest.raises(aiomqtt.MqttError):
        async with device.connection() as client, asyncio.timeout(20):
            await client.subscribe(f"bal/nodes/{device.address}/setpoints", qos=1)
            told = await asyncio.to_thread(
                outside.call, "ACEAE", "DELETE", f"/api/access/devices/{device.address}"
            )
            assert told.json()["status"] == "revoked"
            await anext(client.messages)  # none comes: it is hung up on
    for _ in range(2):
        with pytest.raises(aiomqtt.MqttError):
            async with device.connection():
                pass
    async with asyncio.timeout(30):
        while outside.get("AUDITOR", register)["status"] != "revoked":
            await asyncio.sleep(0.1)
    _, csr = make_request(SigningKey(bytes(device.account.key)))
    asked = {"device": device.address, "podId": device.pod, "csr": csr.decode()}
    outside.bad(("ACEAE", "POST", "/api/access/devices", asked), 409, "device-revoked")
