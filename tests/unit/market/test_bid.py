"""Requests in columns, by the side that they stand in."""

import numpy as np

from platone.market.domain.bid import Bids


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
