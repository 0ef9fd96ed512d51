"""Bounds on gas, which is the same on every machine: the goals that performance.md tells."""

from typing import Any

from tests.integration.ledger.agreed_entry import AGGREGATOR, EUR, MAKE, entry, settle

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


def settle_gas(bench: Any, wallets: int, lines: int) -> float:
    """Gas of a line, where each of so many customers has so many lines in one call."""
    agreements = [bytes([0x80 + number]) * 32 for number in range(wallets)]
    for number, each in enumerate(agreements):
        terms = (each, AGGREGATOR.address, f"0x{number + 1:02x}" * 1 + "9a" * 19, 900_000, 0, 0, 0)
        assert bench.send(AGGREGATOR, bench.at.agreement, MAKE, *terms).succeeded

    def pay(first: int) -> Any:
        paid = lines * 7 * EUR
        entries = (entry(first, lines, agreement=each, paid=paid) for each in agreements)
        return settle(bench, *entries)

    pay(1)
    return float(pay(1 + lines).gas_used) / lines / wallets


def test_a_payout_line_in_a_batch_costs_at_most_its_goal(bench: Any) -> None:
    """A hundred lines of one customer, as the goal was first measured: 38,752 gas then."""
    assert settle_gas(bench, 1, 100) <= LINE_GOAL / 10


def test_a_line_of_a_window_of_many_customers_is_far_below_the_goal(bench: Any) -> None:
    """Sixteen quarter-hours of a real-time window for each of fifty customers."""
    assert settle_gas(bench, 50, 16) <= LINE_GOAL / 8


def test_even_two_lines_of_each_customer_keep_the_goal(bench: Any) -> None:
    assert settle_gas(bench, 50, 2) <= LINE_GOAL
