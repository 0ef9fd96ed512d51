import hashlib
import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.canonical import (
    HASHED_ASIDE,
    canonical_json,
    complete_json,
    content_hash,
    filled_parts,
    hashed,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_canonical_json_is_what_the_standard_library_writes_sorted(content: object) -> None:
    theirs = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert json.loads(canonical_json(content)) == json.loads(theirs)
    assert canonical_json(content) == canonical_json(json.loads(theirs))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_every_digit(number: float) -> None:
    assert json.loads(canonical_json(number)) == number


def test_hash_of_known_content() -> None:
    assert content_hash({"b": 1, "a": [2]}) == hashlib.sha256(b'{"a":[2],"b":1}').hexdigest()


class Part(msgspec.Struct, kw_only=True):
    """Fields of every kind; the last four are always written."""

    wanted: float | None
    note: str | None = None
    flag: bool = True
    count: int = 256
    below: int = -5
    names: tuple[str, ...] = ()
    table: dict[str, int] = msgspec.field(default_factory=dict)
    text: str = "as ever"
    level: float = 1.0
    many: int = 257
    few: int = -6


class Whole(msgspec.Struct, kw_only=True):
    parts: list[Part] = msgspec.field(default_factory=list)
    named: dict[str, Part] | None = None
    pair: tuple[Part, Part] | None = None


ALWAYS = '"few":-6,"level":1.0,"many":257,"text":"as ever","wanted":null'


def test_absent_fields_are_left_out_at_every_depth() -> None:
    part = Part(wanted=None)
    whole = Whole(parts=[part], named={"a": part}, pair=(part, part))

    assert canonical_json(part).decode() == f"{{{ALWAYS}}}"
    one = f"{{{ALWAYS}}}"
    expected = f'{{"named":{{"a":{one}}},"pair":[{one},{one}],"parts":[{one}]}}'
    assert canonical_json(whole).decode() == expected
    assert (
        canonical_json({"b": [part, 1], "a": None}).decode() == f'{{"a":null,"b":[{{{ALWAYS}}},1]}}'
    )
    assert canonical_json(Whole()) == b"{}"


def test_what_is_said_is_written() -> None:
    said = Part(wanted=0.0, note="", flag=False, count=0, below=0, names=("",), table={"": 0})
    text = json.loads(canonical_json(said))
    assert text == msgspec.to_builtins(said) | {"names": [""]}
    assert json.loads(complete_json(Part(wanted=None))) == msgspec.to_builtins(
        Part(wanted=None)
    ) | {"names": []}


def test_a_default_that_was_read_is_as_absent_as_one_that_was_not_said() -> None:
    read = msgspec.json.decode(complete_json(Part(wanted=1.5)), type=Part)
    assert canonical_json(read) == canonical_json(Part(wanted=1.5))


class Other(msgspec.Struct):
    number: int


class Either(msgspec.Struct):
    held: Part | list[Other]


def test_a_list_that_is_written_apart_has_its_place_in_the_message() -> None:
    parts = filled_parts({"a": [], "b": 1}, {"a": [b"[1,", b"2]"]})
    assert b"".join(parts) == b'{"a":[1,2],"b":1}'
    for content in ({"b": 1}, {"a": [3]}):
        with pytest.raises(ValueError, match="a is no empty list"):
            list(filled_parts(content, {"a": [b"[1]"]}))


def test_structs_of_several_types_in_one_field_are_refused() -> None:
    with pytest.raises(TypeError, match="several types"):
        canonical_json(Either(Part(wanted=None)))


@given(st.lists(st.sampled_from([0, 1, 5, HASHED_ASIDE - 1, HASHED_ASIDE, HASHED_ASIDE + 3])))
def test_parts_pass_on_as_they_are_while_their_hash_is_taken(lengths: list[int]) -> None:
    parts = [bytes([number % 251]) * length for number, length in enumerate(lengths)]
    digest = hashlib.sha256()
    passed = list(hashed(iter(parts), digest))
    assert passed == parts
    assert digest.hexdigest() == hashlib.sha256(b"".join(parts)).hexdigest()


def test_a_part_that_cannot_be_made_ends_the_hashing_with_its_own_error() -> None:
    def parts() -> Iterator[bytes]:
        yield bytes(HASHED_ASIDE)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(hashed(parts(), hashlib.sha256()))
