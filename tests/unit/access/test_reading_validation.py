"""Which signed readings are stored: each minute of a point of delivery at most once."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.access.domain.message import AuthenticMessage, IncomingMessage, authenticate
from platone.access.domain.problem import (
    DeviceNotEnrolled,
    EnergyImplausible,
    IntervalTaken,
    RegistersContradict,
)
from platone.access.domain.validation import Device, DeviceStatus, StoredState, validate_message
from platone.kernel.errors import PlatoneError
from platone.kernel.reading_interval import DurationNotTaken
from platone.kernel.signature import SigningKey
from platone.messages.metering import Reading, ReadingBatch, Registers
from platone.node.domain.message import seal_readings

KEY = SigningKey(b"\x07" * 32)
NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)
DAY = datetime(2021, 6, 23, tzinfo=UTC)
POD = "IT002E61899978"
DURATIONS = (1, 3, 5, 15, 30, 60)
SHORT = (1, 3, 5, 15)


def device(contract_kw: float = 0.0, status: DeviceStatus = DeviceStatus.ACTIVE) -> Device:
    return Device(KEY.address, POD, "ACEAE", contract_kw, status)


def reading(minute: int, duration: int = 15, energy_wh: int = 100) -> Reading:
    return Reading(
        pod_id=POD,
        start_time=DAY + timedelta(minutes=minute),
        duration_minutes=duration,
        energy_wh=energy_wh,
    )


def message(sequence: int, *readings: Reading) -> AuthenticMessage:
    (sealed,) = seal_readings(KEY, sequence, NOW, readings)
    return authenticate(IncomingMessage(KEY.address, sealed.envelope))


def knowing(**more: Device) -> StoredState:
    return StoredState(devices={KEY.address: more.get("device", device())})


intervals = st.sampled_from(SHORT).flatmap(
    lambda duration: st.builds(
        reading,
        st.integers(0, 180 // duration - 1).map(lambda index: index * duration),
        st.just(duration),
        st.integers(1, 2),
    )
)


@given(st.lists(st.lists(intervals, min_size=1, max_size=4), min_size=1, max_size=12))
def test_each_minute_is_measured_once_and_by_the_first_who_came(
    batches: list[list[Reading]],
) -> None:
    """A map of minutes, filled by brute force, must agree."""
    known = knowing()
    minutes: dict[datetime, Reading] = {}
    for sequence, batch in enumerate(batches):
        expected: list[Reading] | None = []
        filled = dict(minutes)
        for it in batch:
            span = [it.start_time + timedelta(minutes=m) for m in range(it.duration_minutes)]
            there = {id(filled[at]): filled[at] for at in span if at in filled}
            if not there and expected is not None:
                expected.append(it)
                filled |= dict.fromkeys(span, it)
            elif any(other != it for other in there.values()):
                expected = None
        found: list[Reading] | None
        try:
            found = validate_message(message(sequence, *batch), known, NOW)
        except IntervalTaken:
            found = None
        assert found == expected
        if found is not None:
            known.add(message(sequence, *batch), found)
            minutes = filled


@pytest.mark.parametrize("energy_wh", [7_500, -7_500])
def test_three_times_the_contract_is_the_bound(energy_wh: int) -> None:
    known = knowing(device=device(contract_kw=10.0))
    assert validate_message(message(1, reading(0, 15, energy_wh)), known, NOW)
    beyond = energy_wh + (1 if energy_wh > 0 else -1)
    with pytest.raises(EnergyImplausible):
        validate_message(message(1, reading(0, 15, beyond)), known, NOW)


@pytest.mark.parametrize("devices", [{}, {KEY.address: device(status=DeviceStatus.REVOKED)}])
def test_unknown_and_revoked_devices(devices: dict[str, Device]) -> None:
    with pytest.raises(DeviceNotEnrolled):
        validate_message(message(1, reading(0)), StoredState(devices=devices), NOW)


@pytest.mark.parametrize("minutes", sorted(set(range(1, 61)) - set(DURATIONS)))
def test_other_lengths_are_refused_by_name(minutes: int) -> None:
    with pytest.raises(
        DurationNotTaken, match="1, 3, 5, 15, 30 or 60 minutes are taken"
    ) as refused:
        validate_message(message(1, reading(0, minutes)), knowing(), NOW)
    assert refused.value.fields == {"durationMinutes": minutes}


def registered(minute: int, duration: int, energy_wh: int, **shown: int) -> Reading:
    registers = Registers(meter_id="A-1", digits=4, unit_wh=10, **shown)
    return msgspec.structs.replace(reading(minute, duration, energy_wh), registers=registers)


def test_an_energy_is_what_the_registers_come_to() -> None:
    """From 9990 to 0015 a counter of four digits went on by 25 steps of 10 Wh."""
    good = registered(0, 15, 250, import_start=9990, import_end=15)
    assert validate_message(message(1, good), knowing(), NOW) == [good]
    less = registered(0, 15, 220, import_start=9990, import_end=15, export_start=1, export_end=4)
    assert validate_message(message(1, less), knowing(), NOW)
    for energy_wh, end in ((251, 15), (250, 16), (250, 10_015)):
        wrong = registered(0, 15, energy_wh, import_start=9990, import_end=end)
        with pytest.raises(RegistersContradict):
            validate_message(message(1, wrong), knowing(), NOW)


def test_what_comes_again_with_its_registers_is_known() -> None:
    known = knowing()
    known.add(message(1, reading(0, 15, 250)), [reading(0, 15, 250)])
    again = registered(0, 15, 250, import_start=9990, import_end=15)
    assert validate_message(message(2, again), known, NOW) == []


@pytest.mark.parametrize(("minute", "duration"), [(30, 7), (37, 8), (44, 1), (31, 14), (30, 15)])
def test_with_its_registers_a_part_of_a_quarter_hour_is_taken(minute: int, duration: int) -> None:
    it = registered(minute, duration, 10, import_start=1, import_end=2)
    assert validate_message(message(1, it), knowing(), NOW) == [it]


@pytest.mark.parametrize(("minute", "duration"), [(37, 9), (30, 16), (20, 20), (45, 31)])
def test_what_lies_over_a_quarter_hours_end_is_not(minute: int, duration: int) -> None:
    it = registered(minute, duration, 10, import_start=1, import_end=2)
    with pytest.raises(DurationNotTaken):
        validate_message(message(1, it), knowing(), NOW)


def test_a_refused_overlap_names_both_intervals() -> None:
    known = knowing()
    known.add(message(1, reading(30, 15)), [reading(30, 15)])
    with pytest.raises(IntervalTaken) as refused:
        validate_message(message(2, reading(35, 5)), known, NOW)
    assert refused.value.fields == {
        "podId": POD,
        "startTime": "2021-06-23T00:35:00+00:00",
        "takenStartTime": "2021-06-23T00:30:00+00:00",
        "takenDurationMinutes": 15,
    }


def taken(known: StoredState, sequence: int, it: Reading) -> bool:
    """Whether a reading is stored as a new version; refused, it raises."""
    found = validate_message(message(sequence, it), known, NOW)
    known.add(message(sequence, it), found or ())
    return bool(found)


def version(energy_wh: int, quality: str, revision: int = 0, minutes: int = 15) -> Reading:
    return Reading(
        pod_id=POD,
        start_time=DAY,
        duration_minutes=minutes,
        energy_wh=energy_wh,
        quality=quality,
        revision=revision,
    )


def test_a_measured_value_follows_an_estimate_and_a_correction_both() -> None:
    known = knowing()
    assert taken(known, 1, version(100, "estimated"))
    assert taken(known, 2, version(90, "measured"))
    assert not taken(known, 3, version(90, "measured"))
    assert not taken(known, 4, version(100, "estimated"))  # sent once more, late
    with pytest.raises(IntervalTaken, match="measured, revision 0"):
        taken(known, 5, version(80, "measured"))
    with pytest.raises(IntervalTaken):
        taken(known, 6, version(80, "estimated"))
    assert taken(known, 7, version(80, "measured", revision=1))
    assert taken(known, 8, version(85, "estimated", revision=2))  # the meter was found faulty
    with pytest.raises(IntervalTaken):
        taken(known, 9, version(80, "measured", revision=1 - 1))


def test_an_hour_may_lie_over_its_quarter_hours_and_the_other_way_round() -> None:
    for first, second in ((60, 15), (15, 60), (30, 60)):
        known = knowing()
        assert taken(known, 1, version(400, "measured", minutes=first))
        assert taken(known, 2, version(100, "measured", minutes=second))


def test_five_measured_minutes_may_lie_over_fifteen_estimated_ones() -> None:
    known = knowing()
    assert taken(known, 1, version(300, "estimated"))
    assert taken(known, 2, version(99, "measured", minutes=5))
    with pytest.raises(IntervalTaken):
        taken(known, 3, version(99, "estimated", minutes=3))


def test_local_time_zones_name_the_same_instant() -> None:
    known = knowing()
    rome = datetime.fromisoformat("2021-06-23T11:00:00+02:00")
    local = Reading(pod_id=POD, start_time=rome, duration_minutes=15, energy_wh=100)
    first = message(1, local)
    known.add(first, validate_message(first, known, NOW) or ())
    assert validate_message(message(2, reading(9 * 60)), known, NOW) == []


@given(st.binary(max_size=400))
def test_no_bytes_do_worse_than_be_refused(raw: bytes) -> None:
    with pytest.raises(PlatoneError):
        authenticate(IncomingMessage(KEY.address, raw))


@given(st.integers(0, 10**6), st.integers(0, 255))
def test_no_changed_byte_leaves_a_message_another_meaning(position: int, value: int) -> None:
    (sealed,) = seal_readings(KEY, 1, NOW, [reading(0)])
    raw = bytearray(sealed.envelope)
    raw[position % len(raw)] = value
    try:
        found: ReadingBatch | None = authenticate(IncomingMessage(KEY.address, bytes(raw))).batch
    except PlatoneError:
        found = None
    original = authenticate(IncomingMessage(KEY.address, sealed.envelope)).batch
    assert found in (None, original)
