"""The rows of a quarter-hour's program: what each asks, of whom, and how solutions are rounded."""

from typing import Any

import msgspec
import numpy as np
import pytest
from tests.unit.market.book_case import book_of, table_of
from tests.unit.market.market_case import ask, grid_limit

from platone.market.domain.asked import (
    GRAIN_KW,
    AskedRows,
    cost_of,
    crumbs,
    list_asked,
    settled,
)
from platone.market.domain.decision import DUST_KW
from platone.market.domain.order_book import Ask
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.clearing import GridLimit

TABLE = table_of("P0", "P1", "P2")
BOOK = book_of([(0, 7, -5.0, 0.1), (2, 7, 0.5, 0.2), (1, 7, -3.0, 0.3), (1, 8, -9.0, 0.4)])
ROWS = np.array([0, 1, 2])
INF = float("inf")


def wish(need_kw: float, group: list[int], index: int = 7) -> Ask:
    service = ask("need", ["P0"], -1.0, 0.5)
    return Ask(service, np.array(group), index, need_kw, 0.5)


def listed(asks: list[Ask], limits: list[GridLimit]) -> AskedRows:
    return list_asked(7, BOOK, ROWS, asks, limits, TABLE)


def limit(index: int = 7, **bounds: float) -> GridLimit:
    made = grid_limit("line/1", {"P0": 0.5, "P2": -2.0}, **bounds)
    return msgspec.structs.replace(made, index=index)


def test_requests_are_rows_of_their_group_and_side() -> None:
    """Consume 3 kW less at P0 and P1; half a kW more at P2: offers help by their own side."""
    found = listed([wish(-3.0, [0, 1]), wish(0.5, [2]), wish(5.0, [0], index=8)], [])
    assert found.buyers == [0, 1]
    assert found.per_pod.tolist() == [[-1.0, -1.0, 0.0], [0.0, 0.0, 1.0]]
    assert found.effect.tolist() == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    assert (found.least.tolist(), found.most.tolist()) == ([3.0, 0.5], [INF, INF])
    assert (found.worth.tolist(), found.spare.tolist()) == ([0.5, 0.5], [INF, INF])


def test_rounding_asks_for_nothing() -> None:
    found = listed([wish(DUST_KW, [0]), wish(-DUST_KW, [0]), wish(2 * DUST_KW, [0])], [])
    assert found.buyers == [2]


def test_limits_are_rows_after_the_requests() -> None:
    """One kW less at P0 is -0.5, one more at P2 -2; effects on one point are added up."""
    first = limit(least=1.5, most=4.0, price=0.25)
    first.effects.append(first.effects[0])
    other = limit(index=8, most=1.0)
    relief, loose = limit(most=-2.5, price=0.0), limit()
    found = listed([wish(-3.0, [1])], [first, other, relief, loose])
    assert found.buyers == [0, 1, 3, 4]
    assert found.per_pod[1].tolist() == [1.0, 0.0, -2.0]
    assert found.effect[1].tolist() == [-1.0, -2.0, 0.0]
    assert found.effect[2].tolist() == [-0.5, -2.0, 0.0]
    assert found.worth.tolist() == [0.5, 0.25, 0.0, INF]
    assert found.least.tolist() == [3.0, 1.5, -INF, -INF]
    assert found.most.tolist() == [INF, 4.0, -2.5, INF]
    assert found.spare.tolist() == [INF, 1.5, 2.5, 0.0]
    assert found.missing().tolist() == [3.0, 1.5, 2.5, 0.0]


def test_a_quarter_hour_in_which_nothing_is_asked_has_no_row() -> None:
    found = listed([], [])
    assert found.effect.shape == (0, 3)
    assert found.per_pod.shape == (0, 3)
    assert found.missing().tolist() == []


def test_what_was_done_is_asked_no_more() -> None:
    rows = listed([wish(-3.0, [0])], [limit(least=-2.0, most=4.0)])
    found = rows.shifted(np.array([1.0, -0.5]))
    assert (found.least.tolist(), found.most.tolist()) == ([2.0, -1.5], [INF, 4.5])
    assert (found.buyers, found.effect is rows.effect) == (rows.buyers, True)


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({"least": 2.0, "most": 1.0, "price": 1.0}, False),
        ({"least": 1.0, "most": 1.0, "price": 1.0}, True),
        ({"least": 0.5}, False),
        ({"most": -0.5}, False),
        ({"least": 0.0, "most": 0.0}, True),
        ({"least": 0.5, "price": 0.0}, True),
        ({"least": -1.0, "most": 1.0}, True),
    ],
)
def test_a_limit_can_be_met_or_its_relief_has_a_price(
    bounds: dict[str, Any], *, holds: bool
) -> None:
    if holds:
        assert listed([], [limit(**bounds)]).buyers == [0]
        return
    with pytest.raises(RecordingInvalid) as refused:
        listed([], [limit(**bounds)])
    assert refused.value.fields == {"element": "line/1", "index": 7}


def test_costs_are_whole_steps_told_apart_by_their_place() -> None:
    """A hundredth of a step over all places: a quarter of it from one to the next of four."""
    costs = cost_of(np.array([0.1, 0.1, 0.1000004, 0.2]))
    assert costs.tolist() == pytest.approx(
        [100_000.0025, 100_000.005, 100_000.0075, 200_000.01], abs=1e-9
    )
    assert cost_of(np.array([])).tolist() == []
    assert cost_of(np.array([0.3])).tolist() == pytest.approx([300_000.01], abs=1e-9)


def test_less_than_a_watt_is_a_crumb_and_half_a_grain_is_nothing() -> None:
    """A grain is 2**-20 kW, about a milliwatt."""
    grain = 1 / 1024**2
    assert grain == GRAIN_KW
    volumes = np.array([0.0, grain / 2, grain * 0.51, 0.000_9, 0.001, 5.0])
    assert crumbs(volumes).tolist() == [False, False, True, True, False, False]


def test_volumes_are_set_to_the_grid() -> None:
    """All of an offer where a grain is missing at most; nothing below a watt; else whole grains."""
    grain = 1 / 1024**2
    volumes = np.array([5.0 - grain, 5.0 - 2 * grain, 1.4 * grain + 1, 1.6 * grain + 1, 0.000_9])
    offered = np.array([5.0, 5.0, 9.0, 9.0, 9.0])
    assert settled(volumes, offered).tolist() == [5.0, 5.0 - 2 * grain, 1 + grain, 1 + 2 * grain, 0]
    few = np.array([0.000_4, 0.001_5])
    assert settled(few, few).tolist() == [0.0, 0.001_5]
    watt = np.array([0.001])
    assert settled(watt, watt).tolist() == [0.001]
