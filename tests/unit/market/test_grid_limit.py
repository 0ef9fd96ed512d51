"""Limits of the grid that a session is told: which hold, and whom they concern."""

from datetime import UTC, datetime
from typing import Any

import pytest

from platone.kernel.session_window import SessionWindow, window_starting
from platone.market.domain.grid_limit import (
    check_grid_limits,
    check_rules,
    limits_among,
    needs_relief,
)
from platone.market.domain.problem.grid_limit import (
    GridLimitContradictory,
    GridLimitRepeated,
    GridLimitsNotUsed,
)
from platone.market.domain.problem.order import IndexOutsideSession
from platone.messages.base import MarketType
from platone.messages.clearing import ClearingRules, GridLimit, Method, PodEffect


def limit(index: int = 50, element: str = "line/1", **more: Any) -> GridLimit:
    values: dict[str, Any] = {
        "player_id": "DSO",
        "unit": "A",
        "effects": [PodEffect(pod="P1", effect=0.5), PodEffect(pod="P2", effect=-0.5)],
        "least": None,
        "most": 10.0,
        "price": None,
    } | more
    return GridLimit(index=index, element=element, **values)


@pytest.fixture
def noon() -> SessionWindow:
    """The quarter-hours 48 to 63 of a day in Rome."""
    start = datetime(2021, 6, 23, 10, tzinfo=UTC)
    window = window_starting(MarketType.REAL_TIME, start, "Europe/Rome")
    assert window is not None
    return window


@pytest.mark.parametrize("method", list(Method))
def test_least_cost_alone_knows_a_grid(method: Method) -> None:
    rules = ClearingRules(method=method)
    if method is Method.LEAST_COST:
        check_rules(rules)
        return
    with pytest.raises(GridLimitsNotUsed) as refused:
        check_rules(rules)
    assert refused.value.fields == {"method": method.value}


@pytest.mark.parametrize("index", [47, 64])
def test_quarter_hours_of_other_sessions_are_refused(noon: SessionWindow, index: int) -> None:
    check_grid_limits([limit(48), limit(63)], noon)
    with pytest.raises(IndexOutsideSession) as refused:
        check_grid_limits([limit(index)], noon)
    assert refused.value.fields == {"index": index, "firstIndex": 48, "lastIndex": 63}


def test_an_element_stands_once_in_a_quarter_hour_and_a_pod_once_in_a_limit(
    noon: SessionWindow,
) -> None:
    different = [limit(), limit(51), limit(element="line/2"), limit(player_id="TSO")]
    check_grid_limits(different, noon)
    twice = [PodEffect(pod="P1", effect=0.5), PodEffect(pod="P1", effect=0.25)]
    for limits in ([limit(), limit()], [limit(effects=twice)]):
        with pytest.raises(GridLimitRepeated) as refused:
            check_grid_limits(limits, noon)
        assert refused.value.fields == {"element": "line/1", "index": 50}


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({"least": None, "most": None}, True),
        ({"least": -3.0, "most": -3.0, "price": 1.0}, True),
        ({"least": 1.0, "most": 0.5, "price": 1.0}, False),
        ({"least": 0.0, "most": 0.0}, True),
        ({"least": 0.1, "most": None}, False),
        ({"least": None, "most": -0.1}, False),
        ({"least": 0.1, "most": None, "price": 0.0}, True),
        ({"least": None, "most": -0.1, "price": 0.0}, True),
    ],
)
def test_bounds_leave_room_and_relief_has_a_price(
    noon: SessionWindow, bounds: dict[str, Any], *, holds: bool
) -> None:
    if holds:
        check_grid_limits([limit(**bounds)], noon)
        return
    with pytest.raises(GridLimitContradictory) as refused:
        check_grid_limits([limit(**bounds)], noon)
    assert refused.value.fields == {"element": "line/1", "index": 50}


@pytest.mark.parametrize(
    ("least", "most", "relief"),
    [
        (None, None, False),
        (0.0, None, False),
        (0.1, None, True),
        (-0.1, None, False),
        (None, 0.0, False),
        (None, -0.1, True),
        (None, 0.1, False),
    ],
)
def test_relief_is_needed_where_nothing_is_not_enough(
    least: float | None, most: float | None, *, relief: bool
) -> None:
    assert needs_relief(limit(least=least, most=most)) is relief


def test_limits_concern_those_who_change_the_flow() -> None:
    open_one, asking = limit(), limit(51, most=-1.0, price=0.5)
    (first, second) = limits_among([open_one, asking], {"P2", "P3"})
    assert [each.pod for each in first.effects] == ["P2"]
    assert [each.pod for each in second.effects] == ["P2"]
    assert (first.index, second.index) == (50, 51)
    (left,) = limits_among([open_one, asking], {"P3"})
    assert (left.index, list(left.effects)) == (51, [])
