"""What the agreement contract pays in all is what the Python rule gives, on random lines."""

from random import Random
from typing import Any

import pytest
from tests.integration.ledger.agreed_entry import (
    AGGREGATOR,
    CUSTOMER,
    agree,
    agreement_of,
    entry,
    events_of,
    next_line,
    owed,
    settle,
)

from platone.kernel.settlement_rule import LineAmounts, difference_of, share_difference
from platone.kernel.settlement_rule import settle_line as by_rule


def random_line(random: Random, penalty: int) -> LineAmounts:
    """Amounts of every size, often where the rule bends: nothing, all, or too much delivered."""
    ordered = random.choice([1, 2, 3, 999_999, random.randrange(1, 10 ** random.randrange(1, 13))])
    baseline = random.randrange(-(10**12), 10**12)
    change = random.choice(
        [0, 1, -1, ordered - 1, ordered, ordered + 1, random.randrange(-(10**12), 10**12)]
    )
    direction = random.choice([-1, 1])
    return by_rule(
        reference=baseline,
        ordered=-direction * ordered,
        measured=baseline - direction * change,
        price=random.choice([0, 1, -1, random.randrange(-(10**9), 10**9)]),
        penalty_price=penalty,
    )


@pytest.mark.parametrize("share", [0, 1, 333_333, 999_999, 1_000_000])
def test_entries_of_random_lines_come_to_the_sum_of_their_lines(bench: Any, share: int) -> None:
    """Shared one by one or in sum: the same tokens, to the last."""
    random, penalty = Random(share), 7_654_321  # noqa: S311 - repeatable on purpose
    assert agree(bench, share=share, penalty=penalty).succeeded
    entries, parts, first = [], [], 1
    for _ in range(10):
        nets = [random_line(random, penalty).net for _ in range(random.randrange(1, 9))]
        paid, due = sum(net for net in nets if net > 0), sum(-net for net in nets if net < 0)
        entries.append(entry(first, len(nets), paid=paid, owed=due, share=share))
        parts.append([share_difference(difference_of(0, net), share) for net in nets])
        first += len(nets)
    outcome = settle(bench, *entries)
    assert outcome.succeeded

    for event, lines in zip(events_of(outcome), parts, strict=True):
        assert event.customer_tokens == sum(part.customer for part in lines)
        assert event.aggregator_tokens == sum(part.aggregator for part in lines)
    every = [part for lines in parts for part in lines]
    assert bench.balance(CUSTOMER.address) == sum(part.customer for part in every)
    assert bench.balance(AGGREGATOR.address) == sum(part.aggregator for part in every)
    agreement = agreement_of(share=share)
    assert owed(bench, agreement) == sum(part.owed for part in every) > 0
    assert next_line(bench, agreement) == first
