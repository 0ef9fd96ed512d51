"""Messages as Google's own library writes and reads them, and a vote that CometBFT documents."""

import base64
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from platone.ledger.domain import ed25519, protobuf
from platone.ledger.domain.membership import validator_address
from platone.ledger.domain.protobuf import ProtobufInvalid

DOCUMENTED = (
    "76080211240000000000000022480A20D1823B950D1A0FD7335B4E63D2B65CF9D0CEAC13DF4E9E2DFB4765D2C69C74D0"
    "122408011220DB69B3B750BBCEAB4BC86BB1847D3E0DDB342EFAFE5731605C61A828265E09802A0C08CDF288AF0610A8"
    "8CA8FE023211746573742D636861696E2D4866644B6E44"
)
"""What a validator signed, as CometBFT's page on priv_validator_state.json has it."""
SIGNATURE = (
    "N813twXq5yC84wKGrD85X79iXPwtVytGdD3j8btwZ5ZyAAHSkNt6NBWvrTJUcMLqefPfG3SBdPHdfOedieeYCg=="
)
KEY = "UjxDQgVTlHJOZ7axpMl/iczMIJXiQpFxCFjwKGvzYqE="
ADDRESS = "E74FBE24164CFC4F88E311C3AC92E63D0DC310D8"
"""Its key, and the address of that key, as the page on priv_validator_key.json has them."""
WORDS = st.integers(0, 2**64 - 1)
EDGES = st.sampled_from([0, 1, 127, 128, 255, 16383, 16384, 2**32 - 1, 2**63, 2**64 - 1])


def test_messages_are_those_that_protocol_buffers_document() -> None:
    """The examples of its page on encoding."""
    assert protobuf.number(1, 150) == bytes.fromhex("089601")
    assert protobuf.text(2, "testing") == bytes.fromhex("120774657374696e67")
    assert protobuf.inner(3, protobuf.number(1, 150)) == bytes.fromhex("1a03089601")
    assert protobuf.read(bytes.fromhex("1a03089601")) == {3: [bytes.fromhex("089601")]}
    assert protobuf.fixed(2, 1) == bytes.fromhex("110100000000000000")
    assert protobuf.number(1, 0) == protobuf.octets(1, b"") == protobuf.fixed(1, 0) == b""
    assert protobuf.inner(2, b"") == bytes.fromhex("1200")


def test_the_vote_that_cometbft_documents_is_read_and_written_alike() -> None:
    vote = bytes.fromhex(DOCUMENTED)
    length, place = protobuf.read_varint(vote, 0)
    assert (length, place) == (len(vote) - 1, 1)
    fields = protobuf.read(vote[place:])
    block = protobuf.read(protobuf.first(fields, 4, b""))
    parts = protobuf.read(protobuf.first(block, 2, b""))
    told = protobuf.read(protobuf.first(fields, 5, b""))
    chain = protobuf.first(fields, 6, b"").decode()
    assert (chain, protobuf.first(fields, 2, 0)) == ("test-chain-HfdKnD", 36)
    assert protobuf.first(told, 1, 0) == 1709324621  # 1 March 2024
    header = protobuf.octets(1, protobuf.first(block, 1, b"")) + protobuf.inner(
        2, protobuf.number(1, 1) + protobuf.octets(2, protobuf.first(parts, 2, b""))
    )
    written = protobuf.number(1, 2) + protobuf.fixed(2, 36) + protobuf.fixed(3, 0)
    written += protobuf.inner(4, header)
    instant = (protobuf.first(told, 1, 0), protobuf.first(told, 2, 0))
    written += protobuf.inner(5, protobuf.timestamp(*instant)) + protobuf.text(6, chain)
    assert protobuf.varint(len(written)) + written == vote
    key = base64.b64decode(KEY)
    assert validator_address(key).hex().upper() == ADDRESS
    assert ed25519.is_signed(key, vote, base64.b64decode(SIGNATURE))
    assert not ed25519.is_signed(key, vote[:-1], base64.b64decode(SIGNATURE))


@given(WORDS | EDGES, st.integers(0, 2**32 - 1), st.binary(max_size=300), st.text(max_size=200))
def test_fields_are_written_as_googles_library_writes_them(
    word: int, count: int, octets: bytes, text: str
) -> None:
    span = Span(trace_id=octets, name=text, start_time_unix_nano=word)
    span.dropped_attributes_count = count
    written = (protobuf.octets(1, octets), protobuf.text(5, text), protobuf.fixed(7, word))
    assert b"".join((*written, protobuf.number(10, count))) == span.SerializeToString()


@given(st.integers(0, 2**38 - 1), st.integers(0, 10**9 - 1))
def test_an_instant_is_googles_timestamp(seconds: int, nanoseconds: int) -> None:
    seconds = min(seconds, 253402300799)  # the end of the year 9999
    known = Timestamp(seconds=seconds, nanos=nanoseconds)
    assert protobuf.timestamp(seconds, nanoseconds) == known.SerializeToString()


@given(
    WORDS | EDGES,
    st.integers(0, 2**32 - 1),
    st.lists(st.text(min_size=1, max_size=9), max_size=5),
    st.binary(min_size=1, max_size=20),
)
def test_fields_are_read_as_googles_library_wrote_them(
    word: int, flags: int, keys: list[str], octets: bytes
) -> None:
    span = Span(trace_id=octets, start_time_unix_nano=word, flags=flags)
    span.dropped_attributes_count = flags
    span.attributes.extend(KeyValue(key=key) for key in keys)
    fields = protobuf.read(span.SerializeToString())
    assert protobuf.first(fields, 1, b"") == octets
    assert protobuf.first(fields, 7, 0) == word
    assert protobuf.first(fields, 16, 0) == protobuf.first(fields, 10, 0) == flags
    told = [protobuf.read(item) for item in protobuf.items(fields, 9)]
    assert [protobuf.first(each, 1, b"").decode() for each in told] == keys
    assert protobuf.items(fields, 11) == protobuf.items(fields, 10) == []


@given(WORDS | EDGES)
def test_numbers_are_those_of_googles_library(value: int) -> None:
    signed = value - 2**64 if value >= 2**63 else value
    written = b"\x18" + protobuf.varint(value)
    assert written == AnyValue(int_value=signed).SerializeToString()
    assert protobuf.read_varint(b"\xff" + written + b"\xff", 2) == (value, 1 + len(written))


def test_the_last_value_counts_as_googles_library_has_it() -> None:
    twice = Span(name="a").SerializeToString() + Span(name="b").SerializeToString()
    assert protobuf.first(protobuf.read(twice), 5, b"").decode() == Span.FromString(twice).name


def test_a_value_of_another_kind_and_one_left_out_are_the_default() -> None:
    fields: dict[int, list[Any]] = {1: [b"text"], 2: [7]}
    assert protobuf.first(fields, 1, 0) == protobuf.first(fields, 3, 0) == 0
    assert protobuf.first(fields, 2, b"") == b""
    assert protobuf.items(fields, 2) == []


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_refused(content: bytes) -> None:
    try:
        protobuf.read(content)
    except ProtobufInvalid:
        return


@pytest.mark.parametrize(
    "cut",
    [
        "08",
        "0896",
        "12077465",
        "1101",
        "0b",
        "0c",
        "0f",
        "08" + "ff" * 11,
        "0d010203",
        "1200" + "80",
    ],
)
def test_a_message_that_is_cut_off_is_refused(cut: str) -> None:
    with pytest.raises(ProtobufInvalid):
        protobuf.read(bytes.fromhex(cut))


@pytest.mark.parametrize("long", ["80" * 9 + "02", "ff" * 9 + "7f", "80" * 10 + "00"])
def test_a_number_of_more_than_64_bits_or_ten_bytes_is_refused(long: str) -> None:
    with pytest.raises(ProtobufInvalid, match="more than 64 bits"):
        protobuf.read_varint(bytes.fromhex(long), 0)
