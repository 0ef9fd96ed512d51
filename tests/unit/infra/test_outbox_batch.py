"""How many messages of a queue are read at once: no more than memory is meant to hold."""

import pytest

from platone.infra.outbox import first_together

MOST = 16_000_000
"""Bytes that are read at once, as the queue's own setting says: two long parts of an outcome."""


@pytest.mark.parametrize(
    ("lengths", "chosen"),
    [
        ((), []),
        ((1, 2, 3), [1, 2, 3]),
        ((MOST // 2, MOST // 2), [1, 2]),
        ((MOST // 2, MOST // 2, 0, 1), [1, 2, 3]),
        ((MOST // 2, MOST // 2 + 1), [1]),
        ((MOST + 1, 1), [1]),  # a message that is too long leaves alone
        ((1, MOST, 1), [1]),  # and none overtakes another
    ],
)
def test_messages_are_read_together_up_to_a_bound(
    lengths: tuple[int, ...], chosen: list[int]
) -> None:
    assert first_together(list(enumerate(lengths, 1))) == chosen
