"""Encodings are read in their one form: every other one is refused."""

from typing import Any

import pytest
import rlp

from platone.ledger.domain.encoding import decode_list, encode_list, read_bytes, read_number
from platone.ledger.domain.event import ANCHORED, Anchored, label, read_event
from platone.ledger.domain.problem import EncodingInvalid
from platone.ledger.domain.receipt import Log, Receipt

WORD = b"\x07".rjust(32, b"\0")


def test_a_list_has_so_many_parts() -> None:
    parts = [b"\x01", b"", [b"two"]]
    encoded = encode_list(parts)
    assert encoded == rlp.encode(parts)
    assert decode_list(encoded, 3) == parts
    for count in (0, 2, 4):
        with pytest.raises(EncodingInvalid, match=f"no list of {count} parts"):
            decode_list(encoded, count)


@pytest.mark.parametrize("text", [b"", b"abc", b"x" * 60])
def test_bytes_are_no_list_even_of_as_many_parts(text: bytes) -> None:
    for count in {len(text), 0, 1}:
        with pytest.raises(EncodingInvalid, match="no list"):
            decode_list(rlp.encode(text), count)
    with pytest.raises(EncodingInvalid, match="no RLP"):
        decode_list(rlp.encode([text]) + b"\x00", 1)


@pytest.mark.parametrize(
    ("part", "number"), [(b"", 0), (b"\x01", 1), (b"\xff", 255), (b"\x01\x00", 256)]
)
def test_a_number_has_no_zero_in_front(part: bytes, number: int) -> None:
    assert read_number(part) == number
    with pytest.raises(EncodingInvalid, match="shortest form"):
        read_number(b"\x00" + part)


@pytest.mark.parametrize("part", [[], [b"\x01"], "1", 1])
def test_a_number_and_bytes_are_no_list(part: Any) -> None:
    with pytest.raises(EncodingInvalid):
        read_number(part)
    for length in (None, 1):
        with pytest.raises(EncodingInvalid):
            read_bytes(part, length)


def test_bytes_have_their_length_or_any() -> None:
    assert read_bytes(b"abc") == read_bytes(b"abc", 3) == b"abc"
    assert read_bytes(b"", 0) == b""
    for length in (0, 2, 4):
        with pytest.raises(EncodingInvalid, match=f"{length} bytes"):
            read_bytes(b"abc", length)


def test_an_event_has_the_fields_that_its_name_says() -> None:
    topics = (ANCHORED, b"\x55" * 32, label("reading"), WORD)
    found = read_event(Log(b"\x01" * 20, topics, WORD))
    assert found == Anchored(b"\x55" * 32, "reading", WORD[12:], 7)
    for wrong in (
        Log(b"\x01" * 20, topics[:3], WORD),
        Log(b"\x01" * 20, (*topics, WORD), WORD),
        Log(b"\x01" * 20, topics, WORD + WORD),
        Log(b"\x01" * 20, topics, WORD[1:]),
        Log(b"\x01" * 20, topics, b""),
    ):
        with pytest.raises(EncodingInvalid, match="other fields"):
            read_event(wrong)
    assert read_event(Log(b"\x01" * 20, (), WORD)) is None
    assert read_event(Log(b"\x01" * 20, (WORD,), WORD)) is None


@pytest.mark.parametrize("kind", ["", "reading", "x" * 32])
def test_a_kind_fills_a_word(kind: str) -> None:
    assert label(kind) == kind.encode().ljust(32, b"\0")
    assert label(kind + "y" * 40) == (kind + "y" * 40).encode()[:32]


ADDRESS, TOPIC = b"\x09" * 20, b"\x0a" * 32


@pytest.mark.parametrize(
    "event",
    [
        b"",
        [ADDRESS, [TOPIC]],
        [ADDRESS, [TOPIC], b"data", b""],
        [ADDRESS, TOPIC, b"data"],
        [ADDRESS[1:], [TOPIC], b"data"],
        [ADDRESS, [TOPIC + b"\x01"], b"data"],
        [ADDRESS, [[TOPIC]], b"data"],
        [ADDRESS, [TOPIC], [b"data"]],
    ],
)
def test_an_event_of_a_receipt_has_address_topics_and_data(event: Any) -> None:
    whole = [ADDRESS, [TOPIC], b"data"]
    good = Receipt(True, 1, (Log(ADDRESS, (TOPIC,), b"data"),))  # noqa: FBT003 - as it is read
    assert b"\x02" + rlp.encode([b"\x01", 1, good.bloom, [whole]]) == good.encode()
    for events in ([event], [whole, event]):
        with pytest.raises(EncodingInvalid):
            Receipt.decode(b"\x02" + rlp.encode([b"\x01", 1, good.bloom, events]))


@pytest.mark.parametrize("status", [b"\x02", b"\x00", b"\x01\x01"])
def test_a_receipts_status_is_one_or_nothing(status: bytes) -> None:
    for succeeded in (True, False):
        receipt = Receipt(succeeded, 0, ())
        assert Receipt.decode(receipt.encode()) == receipt
        with pytest.raises(EncodingInvalid):
            Receipt.decode(b"\x02" + rlp.encode([status, b"", receipt.bloom, []]))
