"""What a Light Node signs and believes, checked with eth-account."""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.signature import SigningKey
from platone.messages.metering import Reading, SetpointCommand, SignedMessage
from platone.node.domain.message import (
    SetpointRefused,
    acknowledge,
    check_setpoint,
    seal_readings,
    verify_receipt,
)

KEY = SigningKey(b"\x05" * 32)
ACCESS = Account.from_key(b"\x06" * 32)
NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)


def readings(count: int) -> list[Reading]:
    return [
        Reading(
            pod_id="IT002E61899978",
            start_time=NOW + index * timedelta(minutes=15),
            duration_minutes=15,
            energy_wh=-index,
        )
        for index in range(count)
    ]


@given(st.integers(1, 350), st.integers(0, 2**50))
def test_packing_keeps_every_reading_once_in_order(count: int, first: int) -> None:
    sealed = list(seal_readings(KEY, first, NOW, readings(count)))
    assert [it.sequence for it in sealed] == list(range(first, first + len(sealed)))
    found = []
    for it in sealed:
        envelope = msgspec.json.decode(it.envelope)
        payload = msgspec.json.decode(envelope["payload"])
        assert hashlib.sha256(envelope["payload"].encode()).hexdigest() == it.message_hash
        assert len(payload["readings"]) <= 100
        found += [reading["energyWh"] for reading in payload["readings"]]
    assert found == [-index for index in range(count)]
    assert sealed[-1].read_until == NOW + count * timedelta(minutes=15)


def test_signature_is_what_ethereum_tools_check() -> None:
    (sealed,) = seal_readings(KEY, 1, NOW, readings(1))
    envelope = msgspec.json.decode(sealed.envelope, type=SignedMessage)
    signer = Account.recover_message(
        encode_defunct(text=envelope.payload), signature=envelope.signature
    )
    assert signer == envelope.device == KEY.address


def receipt(account: object = ACCESS, **changes: object) -> bytes:
    body = {
        "device": KEY.address,
        "sequence": 3,
        "messageHash": "ab" * 32,
        "status": "stored",
        "issuedAt": "2021-06-23T12:00:00Z",
    } | changes
    text = msgspec.json.encode(body).decode()
    signed = Account.sign_message(encode_defunct(text=text), account.key)  # type: ignore[attr-defined]
    return msgspec.json.encode(
        {
            "device": ACCESS.address,
            "payload": text,
            "signature": "0x" + bytes(signed.signature).hex(),
        }
    )


def test_receipt_of_the_access_layer_is_believed() -> None:
    found = verify_receipt(receipt(), KEY.address, ACCESS.address)
    assert found is not None
    assert (found.sequence, found.message_hash) == (3, "ab" * 32)


@pytest.mark.parametrize(
    "raw",
    [
        receipt(Account.from_key(b"\x09" * 32)),
        receipt(device=Account.from_key(b"\x09" * 32).address),
        receipt(status="perhaps"),
        receipt().replace(b"stored", b"refuse"),
        b"garbage",
        b"",
    ],
)
def test_anything_else_is_not(raw: bytes) -> None:
    assert verify_receipt(raw, KEY.address, ACCESS.address) is None


def command(**changes: object) -> SetpointCommand:
    fields = {
        "setpoint_id": "s",
        "device": KEY.address,
        "pod_id": "IT002E61899978",
        "start_time": NOW,
        "duration_minutes": 15,
        "power_kw": 1.0,
    } | changes
    return SetpointCommand(**fields)  # type: ignore[arg-type]


def test_setpoint_can_be_taken_until_its_interval_ends() -> None:
    end = NOW + timedelta(minutes=15)
    check_setpoint(command(), KEY.address, "IT002E61899978", end - timedelta(microseconds=1))
    with pytest.raises(SetpointRefused):
        check_setpoint(command(), KEY.address, "IT002E61899978", end)


@pytest.mark.parametrize("changes", [{"pod_id": "IT002E0000"}, {"device": ACCESS.address}])
def test_setpoint_of_another_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(SetpointRefused):
        check_setpoint(command(**changes), KEY.address, "IT002E61899978", NOW)


@pytest.mark.parametrize(
    ("refusal", "status"), [(None, "accepted"), ("too hot", "refused"), ("", "refused")]
)
def test_an_answer_to_a_setpoint_is_signed_and_says_why_not(
    refusal: str | None, status: str
) -> None:
    envelope = msgspec.json.decode(acknowledge(KEY, command(), refusal, NOW), type=SignedMessage)
    signer = Account.recover_message(
        encode_defunct(text=envelope.payload), signature=envelope.signature
    )
    assert signer == envelope.device == KEY.address
    said = msgspec.json.decode(envelope.payload)
    assert said["setpointId"] == "s"
    assert (said["status"], said["detail"]) == (status, refusal)
    assert said["device"] == KEY.address
    assert datetime.fromisoformat(said["acknowledgedAt"]) == NOW


def test_a_message_is_read_until_the_last_of_its_intervals_ends() -> None:
    """Wherever the longest stands in it, and whatever it says of when it was made."""
    later = NOW + timedelta(hours=5)
    mixed = [
        Reading(pod_id="IT1", start_time=NOW, duration_minutes=60, energy_wh=1),
        Reading(pod_id="IT1", start_time=NOW, duration_minutes=15, energy_wh=1),
    ]
    (sealed,) = seal_readings(KEY, 4, later, mixed)
    assert (sealed.sequence, sealed.read_until) == (4, NOW + timedelta(hours=1))
    payload = msgspec.json.decode(msgspec.json.decode(sealed.envelope)["payload"])
    assert datetime.fromisoformat(payload["sentAt"]) == later
    assert (payload["device"], payload["sequence"]) == (KEY.address, 4)
    assert list(seal_readings(KEY, 1, NOW, [])) == []


@pytest.mark.parametrize("count", [100, 101, 200])
def test_a_message_holds_a_hundred_readings(count: int) -> None:
    sealed = list(seal_readings(KEY, 1, NOW, readings(count)))
    assert len(sealed) == -(-count // 100)


def test_a_refused_setpoint_says_why() -> None:
    with pytest.raises(SetpointRefused) as late:
        check_setpoint(command(), KEY.address, "IT002E61899978", NOW + timedelta(hours=1))
    assert late.value.fields == {"endedAt": "2021-06-23T12:15:00+00:00"}
    with pytest.raises(SetpointRefused) as other:
        check_setpoint(command(pod_id="IT9"), KEY.address, "IT002E61899978", NOW)
    assert other.value.fields == {"podId": "IT9"}
