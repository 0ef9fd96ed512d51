"""Readings that are taken from a certified text: those that the device they name has signed."""

import msgspec
import pytest

from platone.kernel.canonical import canonical_json
from platone.kernel.signature import SigningKey
from platone.ledger.domain.measurement import signed_readings
from platone.ledger.domain.problem import EvidenceInvalid
from platone.messages.metering import ReadingBatch, SignedMessage

from .forged_proof import DEVICE, signed


def text_of(payload: str, key: SigningKey = DEVICE) -> str:
    signature = "0x" + key.sign(payload.encode()).hex()
    message = SignedMessage(device=key.address, payload=payload, signature=signature)
    return canonical_json(message).decode()


def test_readings_of_the_device_itself_are_taken() -> None:
    batch = signed_readings(signed())
    assert batch.device == DEVICE.address
    (reading,) = batch.readings
    assert (reading.pod_id, reading.energy_wh) == ("IT001", 2_450)


@pytest.mark.parametrize("payload", ["", "{}", "[]", "no readings", "[" * 10_000])
def test_what_was_signed_are_readings(payload: str) -> None:
    with pytest.raises(EvidenceInvalid, match="what was signed are no readings"):
        signed_readings(text_of(payload))


def test_the_readings_name_who_signed_them() -> None:
    other = SigningKey()
    payload = msgspec.json.decode(signed(), type=SignedMessage).payload
    with pytest.raises(EvidenceInvalid, match=f"name {DEVICE.address}, but {other.address}"):
        signed_readings(text_of(payload, other))
    batch = msgspec.json.decode(payload, type=ReadingBatch)
    lower = msgspec.structs.replace(batch, device=DEVICE.address.lower())
    assert signed_readings(text_of(canonical_json(lower).decode())).device == lower.device


@pytest.mark.parametrize("text", ["8 kWh", "{}"])
def test_a_reading_is_a_signed_message(text: str) -> None:
    with pytest.raises(EvidenceInvalid, match="must be a signed message"):
        signed_readings(text)
