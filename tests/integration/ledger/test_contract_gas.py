"""Bounds on gas, which is the same on every machine: the goals that performance.md tells."""

from hashlib import sha256
from typing import Any

from tests.integration.ledger.agreed_entry import AGGREGATOR, MAKE, entry, settle

ANCHOR = "anchor(bytes32,bytes32,uint256)"
ANCHOR_GOAL, LINE_GOAL = 32_000, 12_000


def test_an_anchor_costs_at_most_its_goal(bench: Any) -> None:
    for number in range(1, 6):
        root, kind = bytes([200 + number]) * 32, b"flexibilityService".ljust(32, b"\0")
        call = (bench.operator, bench.at.certification, ANCHOR, root, kind, 10_000)
        outcome = bench.send(*call)
        assert outcome.succeeded
        if number > 1:  # the first one of a chain's life makes its contract's first entry
            assert outcome.gas_used <= ANCHOR_GOAL


def settle_gas(bench: Any, wallets: int, lines: int, first: int = 1) -> float:
    """Gas of a line, where each of so many customers has so many lines in one call."""
    entries = []
    for number in range(first, first + wallets):
        customer = "0x" + sha256(b"%d" % number).hexdigest()[:40]
        tag = int(sha256(b"tag %d" % number).hexdigest()[:24], 16)
        terms = (tag, AGGREGATOR.address, customer, 900_000, 0, 0, 0)
        assert bench.send(AGGREGATOR, bench.at.agreement, MAKE, *terms).succeeded
        root = sha256(b"root %d" % number).digest()
        told = {"customer": customer, "tag": tag, "root": root}
        entries.append(entry(1, lines, paid=lines * 7_123_456_789_123, **told))
    outcome = settle(bench, *entries)
    assert outcome.succeeded
    if first > 1:
        return float(outcome.gas_used) / lines / wallets
    again = settle(bench, *(each | {"first": 1 + lines} for each in entries))
    assert again.succeeded
    return float(again.gas_used) / lines / wallets


def test_a_payout_line_in_a_batch_costs_at_most_its_goal(bench: Any) -> None:
    """A hundred lines of one customer, as the goal was first measured: 38,752 gas then."""
    assert settle_gas(bench, 1, 100) <= LINE_GOAL / 10


def test_a_line_of_a_window_of_many_customers_is_far_below_the_goal(bench: Any) -> None:
    """Sixteen quarter-hours of a real-time window for each of fifty customers."""
    assert settle_gas(bench, 50, 16) <= LINE_GOAL / 12


def test_a_single_line_of_each_of_a_hundred_customers_keeps_the_goal(bench: Any) -> None:
    assert settle_gas(bench, 100, 1) <= LINE_GOAL


def test_the_first_tokens_of_a_hundred_wallets_cost_no_more(bench: Any) -> None:
    """Others were paid before, so that the accounts of aggregator and requester stand."""
    settle_gas(bench, 1, 1)
    assert settle_gas(bench, 100, 1, first=1000) <= LINE_GOAL
