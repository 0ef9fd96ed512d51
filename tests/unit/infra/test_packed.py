"""Values that are kept packed: each comes back whole, also those of before there was packing."""

import hashlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.infra.packed import PackedAltered, pack, packed_json, unpack

READING = (
    '{"device":"0x2587160168148C7c63EA8E7CA66755dbEc62c77e","payload":"{\\"device\\":'
    '\\"0x2587160168148C7c63EA8E7CA66755dbEc62c77e\\",\\"sequence\\":70844544,\\"sentAt\\":'
    '\\"2021-06-23T01:01:00Z\\",\\"readings\\":[{\\"podId\\":\\"IT001E00000009\\",\\"startTime\\":'
    '\\"2021-06-22T22:00:00Z\\",\\"durationMinutes\\":15,\\"energyWh\\":1864,\\"quality\\":'
    '\\"measured\\",\\"revision\\":0,\\"reactiveEnergyVarh\\":null,\\"registers\\":null}]}",'
    '"signature":"0x' + hashlib.sha512(b"signature").hexdigest() + '1b"}'
).encode()


MARKED = st.tuples(st.sampled_from([b"\x01", b"\x02"]), st.binary(max_size=400)).map(b"".join)


@given(st.one_of(st.binary(max_size=400), MARKED))
def test_every_value_comes_back_whole(value: bytes) -> None:
    stored = pack(value)
    assert unpack(stored) == value
    assert len(stored) <= max(len(value), 48) or value.startswith((b"\x01", b"\x02"))


@given(st.binary(min_size=1, max_size=400), st.integers(-2, 2), st.sampled_from([b"", b"\x02"]))
def test_a_long_value_comes_back_whole(piece: bytes, more: int, mark: bytes) -> None:
    value = (mark + piece * (70_000 // len(piece)))[: LONG + more]
    assert unpack(pack(value)) == value


def test_what_cannot_be_packed_is_kept_as_it_is() -> None:
    noise = b"".join(hashlib.sha512(bytes([at % 256, at // 256])).digest() for at in range(2_000))
    assert len(noise) > LONG
    assert pack(noise) == noise


def test_a_long_value_is_a_zstandard_frame_of_its_length_with_a_sum() -> None:
    """RFC 8878, 3.1.1: magic number, then a descriptor that tells of content size and checksum."""
    stored = pack(READING * 200)
    magic, descriptor, length = struct.unpack_from("<IBI", stored, 1)
    assert magic == 0xFD2FB528
    assert descriptor >> 5 == 0b101  # four bytes of content size, and a single segment
    assert descriptor & 0b100, "it has no sum"
    assert length == len(READING) * 200
    assert len(stored) < length / 100


def test_a_message_of_one_reading_takes_less_than_half_and_a_list_a_tenth() -> None:
    assert len(pack(READING)) < len(READING) / 2
    rows = [{"lineId": f"d398de06.{at}.0", "pod": "IT001E00000000"} for at in range(96)]
    assert len(packed_json(rows)) < len(packed_json(rows[:1])) * 10
    assert unpack(packed_json([1.5, None])) == b"[1.5,null]"


def test_what_was_stored_before_is_read_as_it_is() -> None:
    for value in (READING, b"", b"[]", b"null", b"12", b'"text"', b"\xc3\xa9"):
        assert unpack(value) == value


def test_a_value_of_the_first_form_is_read_for_good() -> None:
    """Made once and kept here: another vocabulary under the same mark would lose all of these."""
    assert unpack(bytes.fromhex(FIRST)) == READING


def test_the_stream_is_raw_deflate_that_others_read() -> None:
    plain = b"ab" * 4_000  # nothing of it is in the vocabulary
    stored = pack(plain)
    assert stored[:1] == b"\x01"
    assert zlib.decompressobj(-15).decompress(stored[1:]) == plain


@pytest.mark.parametrize("place", [1, 20, -1])
def test_an_altered_value_is_never_taken_for_a_shorter_one(place: int) -> None:
    stored = pack(READING)
    with pytest.raises(PackedAltered):
        unpack(stored[:place] if place > 0 else stored[:-1])


@pytest.mark.parametrize("place", [-1, -4, 30])
def test_an_altered_long_value_is_refused(place: int) -> None:
    stored = bytearray(pack(READING * 200))
    stored[place] ^= 1
    with pytest.raises(PackedAltered):
        unpack(bytes(stored))
    with pytest.raises(PackedAltered):
        unpack(pack(READING * 200)[:place])


def test_a_long_value_of_the_first_form_is_read_for_good() -> None:
    assert unpack(bytes.fromhex(FIRST_LONG)) == READING * 200


LONG = 64 * 1024
"""Bytes from which a value is packed as a long one."""
FIRST_LONG = (
    "0228b52ffda4c8a90100450b00265b5021406bf37815315ddac87b0f72a4eb5ab086be59accec7735c7e7202b9"
    "6714453910460047004900eed6eba1ce77d69194544a8d995b7f38ff6178671d5977b7ee8e751bdf42d1780b8b"
    "ec3306d1820b1395626b1d02d8d20e4bb2200b68a9db6a5ecd9a420dbc6e1f4ac6c77504edd6130a1a09faf3d7"
    "11d56eddf9fa4c393017b23efa4466871002bd824454faaac24b332304d6dd7a14888b8575c7815b771253c6f7"
    "741d59376076cdae19912080c5008d186d4a790aa71613624d2fd4ca27a6402659f4a96f26a4b3c83e101e0efd"
    "eac8c4d37544a178a65b4fa08fa091a03f9767c80ad9adcf857424233e7d9cf70aeb6ebd51a5e23d0ceb485a2d"
    "8f65fa35d8df503ff64dd398c85ac2dd8a498f1b3796568aa9b518618c2cbd866908b50515c6d4634c237e8a59"
    "0fb5c28a4992b8d45a0a8b0d392a9420b492d6cd37b30b0004d2531292a5c985956cf23bfd408d31194261ac90"
    "9c06cc3e7c8820618830dc60064467d748"
)
FIRST = (
    "01bd954b6a04310c44ef92fd80244baaf27218fa20b6d57d8bdc3d0dc9663e84cc267b5150ef41e98e9705a129"
    "9a54e70d2bdb76e586db35131135b795b680fd57ae7f0d79e40fa17bb83f79d08be4c5da7b327ede4e7f2de53b"
    "d2de37c3f47f94936dae0edfbb5aea01f3a24b1f3d20ba1fca9666cda26469a16746566b33e4bc1f39639c4527"
    "46007d25cd388fe1a85a55a497a78342193e43551a5193e74061a871d7c5a1f3e3f30b"
)
