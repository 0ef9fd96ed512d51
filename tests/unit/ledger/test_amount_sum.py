"""Sums of amounts in SQL beside Python's own, which have no bound."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, MetaData, Table, create_engine, insert, select

from platone.ledger.domain.books import join_amount, split_amount
from platone.ledger.records.amount_sum import COLUMNS, amount_sum, summed

MOST = 2**63 - 1
amounts = Table("amounts", MetaData(), Column("micro", BigInteger), Column("rest", BigInteger))


def sum_in_sql(parts: Sequence[tuple[int, int]]) -> int:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        amounts.create(connection)
        if parts:
            rows = [{"micro": micro, "rest": rest} for micro, rest in parts]
            connection.execute(insert(amounts), rows)
        query = select(*amount_sum(amounts.c.micro, amounts.c.rest))
        found = connection.execute(query).one()
    engine.dispose()
    assert len(found) == COLUMNS
    return summed(found)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(-MOST, MOST), st.integers(0, 10**12 - 1)), max_size=40))
def test_it_is_the_sum_of_all_amounts(parts: list[tuple[int, int]]) -> None:
    assert sum_in_sql(parts) == sum(micro * 10**12 + rest for micro, rest in parts)


@pytest.mark.parametrize("amount", [-1, 0, 1, 10**18, -(10**18) - 1, 7 * 10**29])
def test_it_is_exact_where_64_bits_are_too_few_for_the_sum_of_a_part(amount: int) -> None:
    """Three amounts of the largest size: their millionths together pass 2^63."""
    parts = [split_amount(amount), (MOST, 10**12 - 1), (MOST, 10**12 - 1), (MOST, 0)]
    assert sum_in_sql(parts) == amount + 3 * MOST * 10**12 + 2 * (10**12 - 1)
    assert sum_in_sql([split_amount(amount)]) == join_amount(*split_amount(amount)) == amount
