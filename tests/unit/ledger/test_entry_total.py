"""Sums of lines, and which of them one entry of the contract takes."""

import pytest

from platone.ledger.domain.entry_word import MOST_AMOUNT
from platone.ledger.domain.settlement import Total


def test_sums_are_added_each_for_itself() -> None:
    assert Total(1, 20, 300) + Total(4_000, 50_000, 600_000) == Total(4_001, 50_020, 600_300)
    assert Total(1, 20) + Total(3, 40) == Total(4, 60, 0)


@pytest.mark.parametrize(
    ("total", "is_one"),
    [
        (Total(0, 0), True),
        (Total(5, 1), True),
        (Total(5, 0, 1), True),
        (Total(0, 1, 1), False),  # what is owed and what is relieved are two entries
        (Total(MOST_AMOUNT, MOST_AMOUNT), True),
        (Total(MOST_AMOUNT, 0, MOST_AMOUNT), True),
        (Total(MOST_AMOUNT + 1, 0), False),
        (Total(0, MOST_AMOUNT + 1), False),
        (Total(0, 0, MOST_AMOUNT + 1), False),
    ],
)
def test_one_entry_owes_or_relieves_and_fits_its_fields(total: Total, *, is_one: bool) -> None:
    assert total.is_one_entry is is_one
