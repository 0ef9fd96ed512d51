"""Messages that must not be believed, sent by an enrolled device over its own connection."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from platone.access.domain.message import IncomingMessage

NOW_TEXT = "2021-06-23T10:00:00Z"


class Attacker:
    """An enrolled device with a mind of its own; it signs with eth-account, not with our code."""

    def __init__(self, field: Any, node: Any, link: Any, receipts: Any) -> None:
        self.field, self.address, self._link, self._receipts = field, node.address, link, receipts
        secret = (field.folder / "node" / "device.key").read_text()
        self.account = Account.from_key(bytes.fromhex(secret))

    def payload(self, sequence: int = 1, **changes: Any) -> dict[str, Any]:
        reading = {
            "podId": "IT002E61899978",
            "startTime": "2021-06-23T09:00:00Z",
            "durationMinutes": 15,
            "energyWh": 500,
        }
        reading |= {name: changes.pop(name) for name in list(changes) if name in reading}
        return {
            "device": self.address,
            "sequence": sequence,
            "sentAt": NOW_TEXT,
            "readings": [reading],
        } | changes

    def envelope(self, payload: Any, account: Any = None, **changes: Any) -> bytes:
        text = payload if isinstance(payload, str) else msgspec.json.encode(payload).decode()
        signed = (account or self.account).sign_message(encode_defunct(text=text))
        signature = "0x" + bytes(signed.signature).hex()
        envelope = {"device": self.address, "payload": text, "signature": signature}
        return msgspec.json.encode(envelope | changes)

    async def send(self, raw: bytes) -> dict[str, Any]:
        """Send a message; what the access layer answers, if its signature is the access layer's."""
        await self._link.publish(f"bal/nodes/{self.address}/readings", raw)
        answer = msgspec.json.decode((await self._receipts.batch(1))[0].payload)
        signer = Account.recover_message(
            encode_defunct(text=answer["payload"]), signature=answer["signature"]
        )
        assert signer == self.field.access.receipt_signer
        receipt: dict[str, Any] = msgspec.json.decode(answer["payload"])
        return receipt

    async def refusal(self, raw: bytes) -> str:
        receipt = await self.send(raw)
        assert receipt["status"] == "refused"
        return str(receipt["reason"])

    async def letters(self) -> list[dict[str, Any]]:
        answer = await self.field.call("MDA", "GET", "/api/access/deadLetters")
        found: list[dict[str, Any]] = answer.json()["deadLetters"]
        return found


@pytest.fixture
async def attacker(field_: Any, profile: Any) -> Attacker:
    node = await field_.enrolled(profile(1))
    link, receipts = await field_.link(
        node.address, field_.tls_of("node"), f"bal/nodes/{node.address}/receipts"
    )
    return Attacker(field_, node, link, receipts)


async def nothing_was_stored(attacker: Attacker) -> bool:
    """Whether a good message is the only one that comes out, and still does."""
    good = await attacker.send(attacker.envelope(attacker.payload(10**6, energyWh=77)))
    assert good["status"] == "stored"
    told = attacker.field.partners.measurements
    await attacker.field.until(lambda: bool(told))
    return [it["energyWh"] for it in told] == [77]


async def test_good_message_is_stored(attacker: Attacker) -> None:
    assert await nothing_was_stored(attacker)
    assert await attacker.letters() == []


async def test_signature_of_another_key(attacker: Attacker) -> None:
    forged = attacker.envelope(attacker.payload(), Account.create())
    assert await attacker.refusal(forged) == "signature-invalid"
    assert await nothing_was_stored(attacker)


async def test_payload_changed_after_signing(attacker: Attacker) -> None:
    envelope = msgspec.json.decode(attacker.envelope(attacker.payload()))
    envelope["payload"] = envelope["payload"].replace("500", "900")
    assert await attacker.refusal(msgspec.json.encode(envelope)) == "signature-invalid"
    assert await nothing_was_stored(attacker)


async def test_signature_that_is_none(attacker: Attacker) -> None:
    for signature in ("0x" + "00" * 65, "0x" + "ff" * 64 + "1b"):
        raw = attacker.envelope(attacker.payload(), signature=signature)
        assert await attacker.refusal(raw) == "signature-invalid", signature


async def test_envelope_of_another_device(attacker: Attacker) -> None:
    other = Account.create()
    raw = attacker.envelope(attacker.payload(), other, device=other.address)
    assert await attacker.refusal(raw) == "device-mismatch"
    assert await nothing_was_stored(attacker)


async def test_payload_of_another_device(attacker: Attacker) -> None:
    raw = attacker.envelope(attacker.payload(device=Account.create().address))
    assert await attacker.refusal(raw) == "device-mismatch"


async def test_reading_of_another_pod(attacker: Attacker) -> None:
    raw = attacker.envelope(attacker.payload(podId="IT002E60974469"))
    assert await attacker.refusal(raw) == "pod-mismatch"
    assert await nothing_was_stored(attacker)


async def test_bytes_that_are_no_message(attacker: Attacker) -> None:
    for raw in (
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"device":1}',
        b"null",
        b'{"device":"\\ud800","payload":"","signature":""}',
    ):
        receipt = await attacker.send(raw)
        assert (receipt["reason"], receipt["sequence"]) == ("malformed-message", -1), raw[:80]
    assert await nothing_was_stored(attacker)


async def test_signed_payload_that_is_none(attacker: Attacker) -> None:
    for payload in ("{}", "no json", '{"device":"0x00","sequence":1}', '{"a":' * 10_000, "\x00"):
        reason = await attacker.refusal(attacker.envelope(payload))
        assert reason == "malformed-message", payload[:80]
    assert await nothing_was_stored(attacker)


async def test_payload_out_of_form(attacker: Attacker) -> None:
    cases: list[dict[str, Any]] = [
        {"energyWh": 10**13 + 1},
        {"energyWh": 0.5},
        {"durationMinutes": 61},
        {"startTime": "2021-06-23T09:00:00"},
        {"readings": []},
        {"surplus": 1},
        {"sequence": -1},
    ]
    for changes in cases:
        raw = attacker.envelope(attacker.payload(**changes))
        assert await attacker.refusal(raw) == "malformed-message", changes


async def test_reading_that_cannot_be(attacker: Attacker) -> None:
    for changes, reason in (
        ({"startTime": "2021-06-23T09:07:00Z"}, "interval-misaligned"),
        ({"startTime": "2021-06-23T09:00:00.5Z"}, "interval-misaligned"),
        ({"durationMinutes": 7}, "duration-not-taken"),
        ({"durationMinutes": 20}, "duration-not-taken"),
        ({"durationMinutes": 45}, "duration-not-taken"),
        ({"startTime": "9999-12-31T23:45:00Z"}, "instant-out-of-range"),
        ({"startTime": "9999-12-31T23:45:00-12:00"}, "instant-out-of-range"),
        ({"startTime": "1970-01-01T00:00:00Z"}, "instant-out-of-range"),
        ({"startTime": "0001-01-01T00:00:00+05:00"}, "instant-out-of-range"),
        ({"energyWh": 3 * 3000 * 1000 // 4 + 1}, "energy-implausible"),
        ({"energyWh": -3 * 3000 * 1000 // 4 - 1}, "energy-implausible"),
    ):
        raw = attacker.envelope(attacker.payload(**changes))
        assert await attacker.refusal(raw) == reason, changes


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00",
        b'{"device": "0x%s", "payload": "\xff", "signature": "0x%s"}' % (b"a" * 40, b"b" * 130),
        b'{"device": "\xc3\x28"}',
    ],
)
async def test_bytes_that_are_no_text_are_refused_once_and_for_all(
    attacker: Attacker, raw: bytes
) -> None:
    assert await attacker.refusal(raw) == "malformed-message"
    (letter,) = await attacker.letters()
    assert letter["reason"] == "malformed-message"
    assert (await attacker.send(attacker.envelope(attacker.payload())))["status"] == "stored"


@pytest.mark.parametrize("start", ["2021-06-23T10:00:00Z", "2099-06-23T10:00:00Z"])
async def test_reading_that_is_too_early_is_taken_when_its_time_has_come(
    attacker: Attacker, start: str
) -> None:
    """A server whose clock is late loses nothing: the device is told to try later."""
    raw = attacker.envelope(attacker.payload(startTime=start))
    for _ in range(2):
        receipt = await attacker.send(raw)
        assert (receipt["status"], receipt["reason"]) == ("tryLater", "interval-in-future")
    assert await nothing_was_stored(attacker)
    attacker.field.clock.move_to(datetime.fromisoformat(start) + timedelta(minutes=15))
    assert (await attacker.send(raw))["status"] == "stored"
    assert [it["status"] for it in await attacker.letters()] == ["replayed"]


async def test_clock_that_is_a_little_ahead_is_forgiven(attacker: Attacker) -> None:
    attacker.field.clock.move_to(attacker.field.clock.now() + timedelta(minutes=14, seconds=30))
    raw = attacker.envelope(attacker.payload(startTime="2021-06-23T10:00:00Z"))
    assert (await attacker.send(raw))["status"] == "stored"


async def test_replayed_message_has_its_receipt_and_counts_once(attacker: Attacker) -> None:
    raw = attacker.envelope(attacker.payload(7))
    first, second = await attacker.send(raw), await attacker.send(raw)
    assert first == second
    await attacker.field.until(lambda: bool(attacker.field.partners.records))
    await attacker.field.until(lambda: bool(attacker.field.partners.measurements))
    assert len(attacker.field.partners.measurements) == 1
    assert len(attacker.field.partners.records) == 1


async def test_used_sequence_with_other_content(attacker: Attacker) -> None:
    await attacker.send(attacker.envelope(attacker.payload(7)))
    other = attacker.payload(7, startTime="2021-06-23T09:15:00Z")
    assert await attacker.refusal(attacker.envelope(other)) == "sequence-reused"


async def test_interval_that_was_read_with_another_result(attacker: Attacker) -> None:
    await attacker.send(attacker.envelope(attacker.payload(1)))
    for changes in (
        {"energyWh": 501},
        {"durationMinutes": 1},
        {"durationMinutes": 5, "startTime": "2021-06-23T09:10:00Z"},
    ):
        raw = attacker.envelope(attacker.payload(2, **changes))
        assert await attacker.refusal(raw) == "interval-taken", changes


async def test_same_reading_in_another_message_counts_once(attacker: Attacker) -> None:
    for sequence in (1, 2):
        receipt = await attacker.send(attacker.envelope(attacker.payload(sequence)))
        assert receipt["status"] == "stored"
    await attacker.field.until(lambda: len(attacker.field.partners.records) == 2)
    assert len(attacker.field.partners.measurements) == 1


async def test_revoked_device_is_not_believed(attacker: Attacker) -> None:
    path = f"/api/access/devices/{attacker.address}"
    assert (await attacker.field.call("ACEAE_2", "DELETE", path)).status_code == 404
    assert (await attacker.field.call("ACEAE", "DELETE", path)).json()["status"] == "revoked"
    late = IncomingMessage(attacker.address, attacker.envelope(attacker.payload()))
    (verdict,) = await attacker.field.access._ingest.take([late])  # it was under way already
    assert verdict.refusal.slug == "device-not-enrolled"
    assert attacker.field.partners.measurements == []


async def test_dead_letter_is_kept_once_and_can_be_replayed(attacker: Attacker) -> None:
    early = attacker.envelope(attacker.payload(5, startTime="2021-06-23T10:15:00Z"))
    for _ in range(3):
        receipt = await attacker.send(early)
        assert (receipt["status"], receipt["reason"]) == ("tryLater", "interval-in-future")
    (letter,) = await attacker.letters()
    assert (letter["reason"], letter["times"], letter["status"]) == (
        "interval-in-future",
        3,
        "refused",
    )
    assert letter["message"].encode() == early
    replay = f"/api/access/deadLetters/{letter['id']}/replay"
    for party, status in (("ACEAE", 403), ("AUDITOR", 403), ("MDA", 425)):
        assert (await attacker.field.call(party, "POST", replay)).status_code == status
    attacker.field.clock.move_to(attacker.field.clock.now() + timedelta(hours=1))
    assert (await attacker.field.call("MDA", "POST", replay)).status_code == 200
    await attacker.field.until(lambda: bool(attacker.field.partners.measurements))
    assert [it["status"] for it in await attacker.letters()] == ["replayed"]
    unknown = await attacker.field.call("MDA", "POST", "/api/access/deadLetters/999/replay")
    assert unknown.status_code == 404


async def test_bad_messages_do_not_stop_good_ones(attacker: Attacker) -> None:
    for sequence in range(20):
        topic = f"bal/nodes/{attacker.address}/readings"
        await attacker._link.publish(topic, b"garbage %d" % sequence)
        start = f"2021-06-22T{sequence:02d}:00:00Z"
        good = attacker.payload(sequence, startTime=start, energyWh=sequence)
        await attacker._link.publish(topic, attacker.envelope(good))
    told = attacker.field.partners.measurements
    await attacker.field.until(lambda: len(told) == 20)
    assert sorted(it["energyWh"] for it in told) == list(range(20))
    assert len(await attacker.letters()) == 20
