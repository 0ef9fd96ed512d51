"""Our RLP beside that of the Ethereum Foundation's library."""

from typing import Any

import pytest
import rlp as reference
from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.domain import rlp

_BYTES = st.binary(max_size=70)
_NESTED = st.recursive(_BYTES, lambda inside: st.lists(inside, max_size=5), max_leaves=20)


@given(_NESTED)
def test_nested_lists_are_encoded_and_read_as_the_library_does(item: Any) -> None:
    encoded = rlp.encode(item)
    assert encoded == reference.encode(item)
    assert rlp.decode(encoded) == item


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_numbers_are_encoded_as_the_library_does(number: int) -> None:
    assert rlp.encode(number) == reference.encode(number)


@pytest.mark.parametrize("length", [0, 1, 55, 56, 255, 256, 65_535, 65_536])
def test_lengths_are_encoded_as_the_library_does(length: int) -> None:
    content = b"\x80" * length
    assert rlp.encode(content) == reference.encode(content)
    assert rlp.encode([content]) == reference.encode([content])
    assert rlp.decode(rlp.encode([content])) == [content]


@given(st.binary(max_size=12))
def test_any_bytes_are_read_or_refused_as_the_library_does(encoded: bytes) -> None:
    try:
        expected = reference.decode(encoded)
    except reference.DecodingError:
        with pytest.raises(rlp.RlpInvalid):
            rlp.decode(encoded)
    else:
        assert rlp.decode(encoded) == expected


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x81\x05",  # 5 stands for itself
        b"\xb8\x37" + b"\x80" * 55,  # a short length in the long form
        b"\xb9\x00\x38" + b"\x80" * 56,  # a length with zeros in front
        b"\x83ab",  # cut off
        b"\xb8",
        b"\xbf" + b"\xff" * 8,
        b"\xc2\x82a",  # an item that is longer than its list
        b"\xc1\x81\x80",
        b"\x80\x80",  # more behind it
    ],
)
def test_other_forms_are_refused(encoded: bytes) -> None:
    with pytest.raises(reference.DecodingError):
        reference.decode(encoded)
    with pytest.raises(rlp.RlpInvalid):
        rlp.decode(encoded)


def test_deep_nesting_is_refused_and_does_not_end_the_process() -> None:
    encoded = b"\xc0"
    for _ in range(5_000):
        encoded = reference.codec.length_prefix(len(encoded), 0xC0) + encoded
    with pytest.raises(rlp.RlpInvalid):
        rlp.decode(encoded)


def test_text_and_negative_numbers_have_no_rlp() -> None:
    with pytest.raises(TypeError):
        rlp.encode("text")
    with pytest.raises(OverflowError):
        rlp.encode(-1)
