"""Messages to the last byte, minute and kilowatt of what is taken."""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from platone.access.domain.dead_letter import Unshared
from platone.access.domain.message import (
    IncomingMessage,
    authenticate,
    authenticate_all,
    claimed_name,
)
from platone.access.domain.problem import (
    DeviceMismatch,
    EnergyImplausible,
    MessageOversize,
    PodMismatch,
    SequenceReused,
)
from platone.access.domain.validation import (
    FUTURE_TOLERANCE,
    Device,
    DeviceStatus,
    StoredState,
    validate_message,
)
from platone.kernel.errors import MalformedMessage, PlatoneError
from platone.kernel.reading_interval import DurationNotTaken, IntervalInFuture, IntervalMisaligned
from platone.kernel.signature import SignatureInvalid, SigningKey
from platone.messages.metering import Reading
from platone.node.domain.message import seal, seal_readings

KEY, OTHER = SigningKey(b"\x07" * 32), SigningKey(b"\x08" * 32)
NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)
POD = "IT002E61899978"
MOST_BYTES = 131_072
"""128 KiB, as docs/reference/mqtt.md says."""


def reading(
    minutes_ago: float, duration: int = 15, energy_wh: int = 100, pod: str = POD
) -> Reading:
    start = NOW - timedelta(minutes=minutes_ago)
    return Reading(pod_id=pod, start_time=start, duration_minutes=duration, energy_wh=energy_wh)


def sealed(*readings: Reading, key: SigningKey = KEY, sequence: int = 1) -> bytes:
    (found,) = seal_readings(key, sequence, NOW, readings or (reading(60),))
    return bytes(found.envelope)


def test_a_message_may_have_128_kib_and_no_byte_more() -> None:
    whole = sealed()
    padded = whole + b" " * (MOST_BYTES - len(whole))
    assert authenticate(IncomingMessage(KEY.address, padded)).batch.sequence == 1
    with pytest.raises(MessageOversize) as refused:
        authenticate(IncomingMessage(KEY.address, padded + b" "))
    assert refused.value.fields == {"limit": MOST_BYTES}


def test_what_is_certified_is_what_came() -> None:
    whole = sealed()
    found = authenticate(IncomingMessage(KEY.address, whole))
    payload = msgspec.json.decode(whole)["payload"].encode()
    assert found.text == whole.decode()
    assert found.message_hash == hashlib.sha256(payload).hexdigest()
    assert found.name == (KEY.address, 1)


def test_each_message_of_many_stands_for_itself() -> None:
    wrong = [
        (IncomingMessage(OTHER.address, sealed()), DeviceMismatch),
        (IncomingMessage(KEY.address, sealed().replace(b"100", b"101")), SignatureInvalid),
        (IncomingMessage(KEY.address, b"\xff"), MalformedMessage),
        (IncomingMessage(KEY.address, b'{"payload":1}'), MalformedMessage),
        (IncomingMessage(KEY.address, b"[" * 60_000), MalformedMessage),
    ]
    right = IncomingMessage(KEY.address, sealed())
    found = authenticate_all([right, *(message for message, _ in wrong), right])
    assert not isinstance(found[0], PlatoneError)
    assert not isinstance(found[-1], PlatoneError)
    assert [type(each) for each in found[1:-1]] == [problem for _, problem in wrong]


def test_what_is_signed_are_readings_of_the_device_itself() -> None:
    for payload in (b"no JSON", b"{}", b"[" * 60_000):
        with pytest.raises(MalformedMessage, match="The payload is malformed"):
            authenticate(IncomingMessage(KEY.address, seal(KEY, payload)))
    foreign = msgspec.json.decode(sealed(key=OTHER))["payload"].encode()
    with pytest.raises(DeviceMismatch, match=f"signed a payload of {OTHER.address}"):
        authenticate(IncomingMessage(KEY.address, seal(KEY, foreign)))


def test_what_another_party_refuses_for_good_says_who_and_why() -> None:
    refused = Unshared(("0xab", 7), "POST /api/certification", "pod-ended", "It has ended.")
    assert refused.problem().detail == (
        "POST /api/certification refused message 7 of 0xab: pod-ended: It has ended."
    )
    unnamed = Unshared(("0xab", 7), "POST /api/certification", "", "Bad gateway.")
    assert unnamed.problem().detail.endswith("of 0xab: refused: Bad gateway.")


def test_a_refused_message_is_named_as_far_as_it_can_be_read() -> None:
    whole = sealed(sequence=41)
    payload = msgspec.json.decode(whole)["payload"].encode()
    assert claimed_name(IncomingMessage(KEY.address, whole)) == (
        41,
        hashlib.sha256(payload).hexdigest(),
    )
    assert claimed_name(IncomingMessage(KEY.address, b"{")) == (
        -1,
        hashlib.sha256(b"{").hexdigest(),
    )
    odd = msgspec.json.decode(whole) | {"payload": "no JSON"}
    assert claimed_name(IncomingMessage(KEY.address, msgspec.json.encode(odd))) == (
        -1,
        hashlib.sha256(b"no JSON").hexdigest(),
    )


def judged(
    *readings: Reading, contract_kw: float = 10.0, sequence: int = 1
) -> list[Reading] | None:
    device = Device(KEY.address, POD, "ACEAE", contract_kw, DeviceStatus.ACTIVE)
    message = authenticate(IncomingMessage(KEY.address, sealed(*readings, sequence=sequence)))
    return validate_message(message, StoredState(devices={KEY.address: device}), NOW)


@pytest.mark.parametrize("duration", [1, 3, 5, 15])
def test_an_interval_divides_the_quarter_hour_and_lies_on_its_grid(duration: int) -> None:
    assert judged(reading(60, duration, 1))
    if duration > 1:
        with pytest.raises(IntervalMisaligned):
            judged(reading(61, duration, 1))
    with pytest.raises(IntervalMisaligned):
        judged(reading(60.5, duration, 1))


@pytest.mark.parametrize("duration", [7, 8, 9, 10, 11, 20, 45])
def test_other_lengths_are_none(duration: int) -> None:
    with pytest.raises(DurationNotTaken):
        judged(reading(720, duration, 1))  # midnight: on any grid


def test_an_interval_is_over_but_for_a_slow_clock() -> None:
    device = Device(KEY.address, POD, "ACEAE", 10.0, DeviceStatus.ACTIVE)
    message = authenticate(IncomingMessage(KEY.address, sealed(reading(0))))
    known = StoredState(devices={KEY.address: device})
    ends = NOW + timedelta(minutes=15)
    assert validate_message(message, known, ends - FUTURE_TOLERANCE)
    with pytest.raises(IntervalInFuture):
        validate_message(message, known, ends - FUTURE_TOLERANCE - timedelta(microseconds=1))


def test_another_point_of_delivery_is_refused() -> None:
    with pytest.raises(PodMismatch) as refused:
        judged(reading(60), reading(30, pod="IT002E00000000"))
    assert refused.value.fields == {"podId": "IT002E00000000"}


def test_a_number_names_one_message() -> None:
    device = Device(KEY.address, POD, "ACEAE", 10.0, DeviceStatus.ACTIVE)
    known = StoredState(devices={KEY.address: device})
    first = authenticate(IncomingMessage(KEY.address, sealed(reading(60))))
    taken = validate_message(first, known, NOW)
    assert taken is not None
    known.add(first, taken)
    assert validate_message(first, known, NOW) is None
    other = authenticate(IncomingMessage(KEY.address, sealed(reading(45))))
    with pytest.raises(SequenceReused):
        validate_message(other, known, NOW)


@pytest.mark.parametrize("contract_kw", [10.0, 0.0])
def test_energy_is_believed_up_to_a_bound(contract_kw: float) -> None:
    """In both directions, and by the mean power, however long the interval."""
    device = Device(KEY.address, POD, "ACEAE", contract_kw, DeviceStatus.ACTIVE)
    for duration in (5, 15):
        most_wh = int(device.plausible_kw * 1000 * duration / 60)
        for sign in (1, -1):
            assert judged(reading(60, duration, sign * most_wh), contract_kw=contract_kw)
            with pytest.raises(EnergyImplausible):
                judged(reading(60, duration, sign * (most_wh + 1)), contract_kw=contract_kw)


def test_neighbours_share_an_end_in_whatever_order_they_come() -> None:
    device = Device(KEY.address, POD, "ACEAE", 10.0, DeviceStatus.ACTIVE)
    for order in ((60, 45, 30), (30, 45, 60), (45, 60, 30), (30, 60, 45)):
        known = StoredState(devices={KEY.address: device})
        for sequence, minutes_ago in enumerate(order):
            raw = sealed(reading(minutes_ago), sequence=sequence)
            message = authenticate(IncomingMessage(KEY.address, raw))
            taken = validate_message(message, known, NOW)
            assert taken
            known.add(message, taken)
