import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.canonical import canonical_json, content_hash

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
