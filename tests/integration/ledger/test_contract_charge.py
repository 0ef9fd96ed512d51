"""Who asked pays: the agreement contract charges requesters, and keeps the sum of all at zero."""

from random import Random
from typing import Any

import pytest
from tests.integration.ledger.agreed_entry import (
    AGREEMENT,
    CUSTOMER,
    DSO,
    EUR,
    OTHER_TAG,
    TSO,
    agree,
    agreement_of,
    charged,
    entry,
    next_line,
    owed,
    settle,
)

from platone.ledger.adapters.evm.revert import revert_reason

OTHER_ACCOUNT = "0x" + "42" * 20
OTHER = agreement_of(OTHER_TAG, 1, aggregator=OTHER_ACCOUNT)
OF_OTHER = {"tag": OTHER_TAG, "share": 1, "aggregator": OTHER_ACCOUNT}
ATTO = 10**6
"""1e-18 EUR in 1e-12 EUR."""
ZERO = "0x" + "0" * 40


def test_who_asked_is_charged_what_the_lines_come_to(bench: Any) -> None:
    agree(bench)
    charges = {DSO.address: 5 * EUR, TSO.address: 4 * EUR}
    assert settle(bench, entry(1, 5, paid=14 * EUR, owed=5 * EUR), charges=charges).succeeded
    assert (charged(bench), charged(bench, TSO)) == (5 * EUR * ATTO, 4 * EUR * ATTO)


def test_a_requester_whose_lines_failed_is_due_the_penalty(bench: Any) -> None:
    agree(bench)
    assert settle(bench, entry(1, 5, paid=0, owed=5 * EUR)).succeeded
    assert charged(bench) == -5 * EUR * ATTO == -owed(bench)


def test_the_least_that_can_be_owed_is(bench: Any) -> None:
    agree(bench)
    assert settle(bench, entry(1, paid=0, owed=1)).succeeded
    assert (owed(bench), charged(bench)) == (ATTO, -ATTO)
    assert settle(bench, entry(2, paid=1)).succeeded
    assert bench.balance(CUSTOMER.address) == ATTO * 9 // 10
    assert (owed(bench), charged(bench)) == (ATTO, 0)


UNBALANCED = [
    {},
    {DSO.address: 14 * EUR - 1},
    {DSO.address: 14 * EUR + 1},
    {DSO.address: -14 * EUR},
    {DSO.address: 14 * EUR, TSO.address: 1},
    {DSO.address: 2**255 - 1, TSO.address: -(2**255)},
]


@pytest.mark.parametrize("charges", UNBALANCED)
def test_charges_that_do_not_balance_are_refused(bench: Any, charges: dict[str, int]) -> None:
    agree(bench)
    refused = settle(bench, entry(1), charges=charges)
    assert not refused.succeeded
    assert refused.logs == ()
    assert (bench.balance(CUSTOMER.address), next_line(bench), charged(bench)) == (0, 1, 0)


def test_nobody_is_charged_at_the_zero_address(bench: Any) -> None:
    agree(bench)
    refused = settle(bench, entry(1), charges={ZERO: 14 * EUR})
    assert revert_reason(refused.output) == "SettlementAgreement: zero address"


def test_the_sum_of_all_is_zero_after_every_call(bench: Any) -> None:
    """Tokens in being = what requesters are charged + what aggregators owe, whatever comes."""
    random = Random(11)  # noqa: S311 - repeatable on purpose
    agree(bench)
    assert agree(bench, bench.operator, **OF_OTHER).succeeded
    for _ in range(30):
        entries, due = [], 0
        lines = {each: next_line(bench, each) for each in (AGREEMENT, OTHER)}
        for _ in range(random.randrange(1, 6)):
            agreement = random.choice([AGREEMENT, OTHER])
            sums = [random.choice([0, random.randrange(10**20)]) for _ in range(3)]
            amounts = dict(zip(("paid", "owed", "relieved"), sums, strict=True))
            first, count = lines[agreement], random.randrange(1, 20)
            if sums[1]:  # an entry says what is owed, or what is relieved
                sums[2] = amounts["relieved"] = 0
            terms = OF_OTHER if agreement == OTHER else {}
            entries.append(entry(first, count, **amounts, **terms))
            lines[agreement] += count
            due += sums[0] - sums[1] + sums[2]
        part = random.randrange(-(10**20), 10**20)
        wrong = random.choice([0, 0, 1])
        charges = {DSO.address: part, TSO.address: due - part + wrong}
        assert settle(bench, *entries, charges=charges).succeeded is not bool(wrong)
        owing = sum(
            bench.ask(bench.at.agreement, "owed(bytes32)", (each,), "uint256")
            for each in (AGREEMENT, OTHER)
        )
        supply = bench.ask(bench.at.agreement, "totalSupply()", (), "uint256")
        assert supply == charged(bench) + charged(bench, TSO) + owing
