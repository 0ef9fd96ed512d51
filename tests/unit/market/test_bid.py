"""Requests in columns, by the side that they stand in."""

import numpy as np
import pytest
from tests.unit.market.market_case import ask, changes, offer, session

from platone.market.domain.bid import Bids
from platone.market.domain.clearing import clear
from platone.market.domain.delivery import LineState
from platone.messages.ledger import PaidLine


def test_requests_of_a_side_are_found_among_those_of_others() -> None:
    side = np.array([0, 0, 3, 4, 4, 4, 7])
    rows = np.arange(7)
    needs = np.ones(7)
    bids = Bids(side, rows, rows, needs, needs, rows, {})
    found = {number: list(bids.of(number)) for number in range(9)}
    assert {number: rows for number, rows in found.items() if rows} == {
        0: [0, 1],
        3: [2],
        4: [3, 4, 5],
        7: [6],
    }


def test_a_purchase_is_parted_in_proportion_to_needs() -> None:
    rows, needs = np.arange(2), np.array([10.0, 8.0])
    sharers = {1: ([5, 6, 7], [6.0, 2.0, 0.5e-9])}
    bids = Bids(rows, rows, np.array([3, 5]), needs, needs, rows, sharers)
    taken = np.array([4.0, 2.0])
    ((alone, whole),) = bids.parts(0, taken)
    assert (alone, whole.tolist()) == (3, [4.0, 2.0])
    parts = {number: part.tolist() for number, part in bids.parts(1, taken)}
    assert {number: np.round(part, 8).tolist() for number, part in parts.items()} == {
        5: [3.0, 1.5],
        6: [1.0, 0.5],
    }


@pytest.mark.parametrize(("need_kw", "sold_kw"), [(0.0015, 0.0015), (0.001, 0.001), (0.0009, 0.0)])
def test_no_part_below_a_watt_is_sold(need_kw: float, sold_kw: float) -> None:
    found = clear(session(ask("r", ["pod-a"], -need_kw, 1.0), offer("pod-a", -50.0, 0.1)))
    assert changes(found)["pod-a"] == pytest.approx(-sold_kw, abs=1e-12)


def test_a_line_is_paid_unless_the_ledger_names_a_problem() -> None:
    assert LineState.of_answer(PaidLine(line_id="l")) is LineState.PAID
    assert LineState.of_answer(PaidLine(line_id="l", problem="no")) is LineState.REFUSED
