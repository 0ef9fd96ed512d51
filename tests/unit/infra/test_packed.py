"""Values that are kept packed: each comes back whole, also those of before there was packing."""

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.infra.packed import pack, packed_json, unpack

READING = (
    '{"device":"0x2587160168148C7c63EA8E7CA66755dbEc62c77e","payload":"{\\"device\\":'
    '\\"0x2587160168148C7c63EA8E7CA66755dbEc62c77e\\",\\"sequence\\":70844544,\\"sentAt\\":'
    '\\"2021-06-23T01:01:00Z\\",\\"readings\\":[{\\"podId\\":\\"IT001E00000009\\",\\"startTime\\":'
    '\\"2021-06-22T22:00:00Z\\",\\"durationMinutes\\":15,\\"energyWh\\":1864,\\"quality\\":'
    '\\"measured\\",\\"revision\\":0,\\"reactiveEnergyVarh\\":null,\\"registers\\":null}]}",'
    '"signature":"0x' + hashlib.sha512(b"signature").hexdigest() + '1b"}'
).encode()


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=400).map(b"\x01".__add__)))
def test_every_value_comes_back_whole(value: bytes) -> None:
    stored = pack(value)
    assert unpack(stored) == value
    assert len(stored) <= max(len(value), 48) or value.startswith(b"\x01")


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
    with pytest.raises(zlib.error):
        unpack(stored[:place] if place > 0 else stored[:-1])


FIRST = (
    "01bd954b6a04310c44ef92fd80244baaf27218fa20b6d57d8bdc3d0dc9663e84cc267b5150ef41e98e9705a129"
    "9a54e70d2bdb76e586db35131135b795b680fd57ae7f0d79e40fa17bb83f79d08be4c5da7b327ede4e7f2de53b"
    "d2de37c3f47f94936dae0edfbb5aea01f3a24b1f3d20ba1fca9666cda26469a16746566b33e4bc1f39639c4527"
    "46007d25cd388fe1a85a55a497a78342193e43551a5193e74061a871d7c5a1f3e3f30b"
)
