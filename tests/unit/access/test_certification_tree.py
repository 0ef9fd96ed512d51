"""What is certified of a message, and how many messages stand in one tree."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.access.domain.certification import (
    MOST_MESSAGES,
    SALT_BYTES,
    AcceptedMessage,
    first_tree,
    message_of,
)
from platone.access.domain.message import AuthenticMessage
from platone.messages.metering import Reading, ReadingBatch

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
MOST_CHARACTERS = 4_000_000
DEVICE = "0x" + "aB" * 20
READINGS = tuple(
    Reading(
        pod_id="POD-1",
        start_time=START.replace(minute=minute),
        duration_minutes=15,
        energy_wh=100 + minute,
        quality="measured",
    )
    for minute in (0, 15, 30)
)


def accepted(text: str = '{"a":1}', salt: bytes = bytes(range(32))) -> AcceptedMessage:
    batch = ReadingBatch(device=DEVICE, sequence=7, sent_at=START, readings=list(READINGS))
    message = AuthenticMessage(text, batch, "f" * 64)
    return AcceptedMessage(message, READINGS[1:], salt, START)


def test_a_leaf_is_salted_and_marked_as_one() -> None:
    """RFC 6962: a zero byte in front of a leaf's content; ours begins with the salt."""
    salt = bytes(range(SALT_BYTES))
    by_hand = hashlib.sha256(b"\x00" + salt + b'{"a":1}').hexdigest()
    assert hashlib.sha256().digest_size == SALT_BYTES
    assert accepted().leaf == by_hand
    assert accepted(salt=bytes(32)).leaf != by_hand
    assert accepted(text="\u00e9").leaf == hashlib.sha256(b"\x00" + salt + b"\xc3\xa9").hexdigest()


def test_measurements_carry_their_message() -> None:
    message = accepted()
    found = message.measurements()
    assert [(each.start_time, each.energy_wh) for each in found] == [
        (each.start_time, each.energy_wh) for each in READINGS[1:]
    ]
    for each in found:
        assert (each.pod_id, each.duration_minutes, each.quality) == ("POD-1", 15, "measured")
        assert (each.device, each.sequence, each.received_at) == (DEVICE, 7, START)
        assert each.certification_id == message.certification_id == f"reading:{DEVICE}:7"
        assert each.certification_hash == message.leaf
    assert message_of(message.certification_id) == (DEVICE, 7)


def by_hand(lengths: list[int]) -> int:
    """The longest beginning within both bounds; one message at least."""
    fitting = [
        count
        for count in range(1, min(len(lengths), MOST_MESSAGES) + 1)
        if sum(lengths[:count]) <= MOST_CHARACTERS
    ]
    return max(fitting, default=min(1, len(lengths)))


@given(st.lists(st.integers(1, 1_500_000), max_size=12))
def test_a_tree_takes_the_oldest_as_far_as_they_fit(lengths: list[int]) -> None:
    assert first_tree(lengths) == by_hand(lengths)


@pytest.mark.parametrize(
    ("lengths", "count"),
    [
        ([], 0),
        ([5_000_000, 1], 1),
        ([5_000_000], 1),
        ([1_999_999, 2_000_001, 1], 2),
        ([1_999_999, 2_000_002], 1),
        ([2_000_000, 2_000_000], 2),
        ([1] * 1999, 1999),
        ([1] * 2000, 2000),
        ([1] * 2001, 2000),
    ],
)
def test_a_tree_ends_at_its_bounds(lengths: list[int], count: int) -> None:
    assert first_tree(lengths) == count
