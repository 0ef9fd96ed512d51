"""Certified readings of settlement lines, signed by a registered device."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from platone.kernel.canonical import canonical_json
from platone.kernel.signature import SigningKey
from platone.ledger.context import Ledger
from platone.ledger.service.node import RegisterNodes
from platone.messages.ledger import CertificationRecord
from platone.messages.metering import Reading, ReadingBatch, SignedMessage

METER = SigningKey(b"\x61" * 32)
DAY = datetime(2021, 6, 22, tzinfo=UTC)


def quarter_hour(number: int) -> datetime:
    return DAY + timedelta(minutes=15 * number)


def reading_name(pod: str, start: datetime, micro_kwh: int) -> str:
    return f"reading/{pod}/{start:%H%M}/{micro_kwh}"


def reading(pod: str, start: datetime, energy_wh: int, minutes: int = 15) -> Reading:
    return Reading(pod_id=pod, start_time=start, duration_minutes=minutes, energy_wh=energy_wh)


def signed(*readings: Reading, key: SigningKey = METER, device: str = METER.address) -> str:
    """The text of a device's message; with another key, a forged one."""
    batch = ReadingBatch(device=device, sequence=1, sent_at=DAY, readings=list(readings))
    payload = canonical_json(batch).decode()
    signature = "0x" + key.sign(payload.encode()).hex()
    message = SignedMessage(device=device, payload=payload, signature=signature)
    return canonical_json(message).decode()


def record(name: str, content: str, kind: str = "reading") -> dict[str, str]:
    salt = "0x" + sha256(name.encode()).hexdigest()
    return {"id": name, "kind": kind, "content": content, "salt": salt}


def line_records(lines: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """The record that each line names: one reading of its quarter-hour, of what it measured."""
    found = {}
    for line in lines:
        start = datetime.fromisoformat(line["startTime"])
        name = reading_name(line["pod"], start, line["measured"])
        text = signed(reading(line["pod"], start, line["measured"] // 1000))
        found[name] = record(name, text)
    return list(found.values())


async def certify(running: Any, *records: dict[str, str]) -> None:
    """Have the meter registered, and records certified, by the metered data administrator."""
    node = {"device": METER.address}
    assert (await running.administrator.post("/api/contracts/nodes", json=node)).status_code < 300
    answer = await running.administrator.post("/api/certification", json={"records": list(records)})
    assert answer.status_code < 300, answer.text


async def certify_at(ledger: Ledger, *records: dict[str, str]) -> None:
    """The same within a ledger that serves nobody."""
    await RegisterNodes(ledger._certify._contracts, ledger._keys).register(METER.address)
    await ledger._certify.certify("MDA", [CertificationRecord(**each) for each in records])
