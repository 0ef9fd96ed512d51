"""Who is grouped with whom, what is asked of a group and why something stays, by small numbers."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.flexibility.effect_class import groups_by_effect
from platone.grid.flexibility.flexible_groups import FlexibleGroups
from platone.grid.flexibility.need import (
    GroupNeed,
    bought_in_merit_order,
    harmed_by,
    incurable_of,
    needs_of,
)
from platone.grid.flexibility.offer import PodFlexibility, single_groups
from platone.grid.flexibility.task import LEFT, Cure, Task
from platone.grid.flow.limit import Limits
from platone.grid.network.model import Network
from platone.grid.problem.calculation import FlexibilityInvalid, PriceMissing

MakeNetwork = Callable[..., Network]


def pod(name: str, **more: Any) -> PodFlexibility:
    values = {"max_up_kw": 1.0, "max_down_kw": 2.0, "kvar_per_kw": 0.5} | more
    return PodFlexibility(pod_id=name, **values)


def test_each_way_to_move_is_a_group_of_its_own(feeder: MakeNetwork) -> None:
    network = feeder((100.0, 100.0))
    found, cost = single_groups(
        network,
        [
            pod("POD-2", max_up_kw=0.0, max_q_up_kvar=5.0),
            pod("POD-1", max_q_up_kvar=3.0, max_q_down_kvar=4.0, kvar_per_kw=-0.25),
        ],
    )
    place = network.consumer_position
    rows = zip(found.places, found.kw, found.kvar, found.margins, strict=True)
    assert [tuple(map(float, row)) for row in rows] == [
        (place["POD-1"], -1.0, 0.25, 2.0),
        (place["POD-1"], 1.0, -0.25, 1.0),
        (place["POD-1"], 0.0, -1.0, 4.0),
        (place["POD-1"], 0.0, 1.0, 3.0),
        (place["POD-2"], -1.0, -0.5, 2.0),
        (place["POD-2"], 0.0, 1.0, 5.0),
    ]
    assert found.sizes.tolist() == [1] * 6
    assert cost.tolist() == [1.0] * 6
    nobody, nothing = single_groups(network, [])
    assert (len(nobody), nothing.tolist()) == (0, [])


def test_prices_are_of_all_that_moves_or_of_none(feeder: MakeNetwork) -> None:
    network = feeder((100.0, 100.0))
    dear = pod("POD-1", cost_eur_per_kwh=0.25, max_q_up_kvar=1.0, cost_eur_per_kvarh=0.0)
    still = pod("POD-2", max_up_kw=0.0, max_down_kw=0.0)
    assert single_groups(network, [dear, still])[1].tolist() == [0.25, 0.25, 0.0]
    for odd in (pod("POD-2"), pod("POD-2", cost_eur_per_kwh=0.1, max_q_down_kvar=1.0)):
        with pytest.raises(PriceMissing) as refused:
            single_groups(network, [dear, odd])
        assert refused.value.fields == {"podIds": ["POD-2"]}


@pytest.mark.parametrize("name", ["max_up_kw", "max_down_kw", "max_q_up_kvar", "max_q_down_kvar"])
@pytest.mark.parametrize("value", [-1e-9, math.inf, math.nan])
def test_margins_are_finite_and_not_below_zero(
    feeder: MakeNetwork, name: str, value: float
) -> None:
    with pytest.raises(FlexibilityInvalid, match="have numbers that cannot be, such as POD-1"):
        single_groups(feeder((100.0,)), [pod("POD-1", **{name: value})])


@pytest.mark.parametrize(
    ("pods", "what"),
    [
        ([pod("POD-9")], "are not on the network"),
        ([pod("POD-1"), pod("POD-1")], "stand several times"),
        ([pod("POD-1", cost_eur_per_kwh=-0.1)], "have numbers"),
        ([pod("POD-1", cost_eur_per_kvarh=-0.1)], "have numbers"),
        ([pod("POD-1", cost_eur_per_kwh=math.nan)], "have numbers"),
        ([pod("POD-1", kvar_per_kw=math.inf)], "have numbers"),
    ],
)
def test_flexibility_that_cannot_be_is_refused(
    feeder: MakeNetwork, pods: list[PodFlexibility], what: str
) -> None:
    with pytest.raises(FlexibilityInvalid, match=what) as refused:
        single_groups(feeder((100.0,)), pods)
    assert refused.value.fields == {"podIds": [pods[0].pod_id]}


def members(count: int, **more: Any) -> FlexibleGroups:
    """So many PoDs that withdraw less, each by up to 10 kW, each a group of its own."""
    values: dict[str, Any] = {
        "places": np.arange(count),
        "kw": np.full(count, -1.0),
        "kvar": np.zeros(count),
        "margins": np.full(count, 10.0),
        "sizes": np.ones(count, np.int64),
    } | more
    return FlexibleGroups(**{name: np.asarray(value) for name, value in values.items()})


def cure(singles: FlexibleGroups, helps: Any, excess: Any, totals: Any = None) -> Cure:
    """A cure of limits that fall by `helps` with a move of 1 of each PoD."""
    each = -np.array(helps, float)
    margins = singles.group_margins
    return Cure(
        totals=np.zeros(len(singles)) if totals is None else np.array(totals, float),
        limits=tuple(range(len(each))),
        excess=np.array(excess, float),
        effects=each,
        slopes=each * margins,
        material=np.ones(each.shape, bool),
        prices=np.zeros(len(each)),
        gap=None,
    )


def grouped(helps: Any, excess: Any, totals: Any = None, **more: Any) -> list[list[int]]:
    singles = members(len(helps[0]), **more)
    return groups_by_effect(singles, cure(singles, helps, excess, totals))


def test_classes_halve_from_one_to_the_next() -> None:
    """More than half of the strongest, more than a quarter, and so on, down to 5 %."""
    helps = [8.0, 4.8, 4.0, 2.1, 2.0, 1.1, 0.49, 0.4, 0.39, -0.39, -0.5]
    assert grouped([helps], [0.0]) == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert grouped([[0.0, -1.0]], [0.0]) == []
    assert groups_by_effect(members(0), cure(members(0), [[]], [0.0])) == []
    assert groups_by_effect(members(2), cure(members(2), np.empty((0, 2)), [])) == []


def test_margins_of_any_size_give_the_same_classes() -> None:
    assert grouped([[8.0, 4.8, 2.1]], [0.0], margins=[1.0, 1000.0, 0.5]) == [[0, 1], [2]]


def test_each_deciding_limit_parts_groups() -> None:
    """The second limit: the last helps it, the fifth makes it worse."""
    helps = [[1.0, 1.0, 1.0, 0.3, 1.0, 0.0], [0.0, 0.04, -0.04, 0.0, -0.06, 1.0]]
    assert grouped(helps, [0.0, 0.0]) == [[0, 1, 2], [3], [4], [5]]
    assert grouped(helps, [0.0, -1.0]) == [[0, 1, 2, 4], [3]]


@pytest.mark.parametrize(("excess", "decides"), [(-0.9e-4, True), (-1.1e-4, False), (0.3, True)])
def test_a_limit_decides_from_close_by(excess: float, decides: bool) -> None:  # noqa: FBT001
    helps = [[1.0, 1.0], [1.0, 0.2]]
    assert grouped(helps, [0.0, excess]) == ([[0], [1]] if decides else [[0, 1]])


@pytest.mark.parametrize(
    ("excess", "totals", "parts"),
    [
        # 10 kW of the first help by 10; of the second they would help by nothing
        (-9.0, [10.0, 0.0, 0.0], True),
        (-10.5, [10.0, 0.0, 0.0], False),
        (-9.0, [0.0, 10.0, 0.0], False),
        (-9.0, [0.0, 0.0, 0.0], False),
    ],
)
def test_a_limit_that_another_split_would_break_decides_too(
    excess: float,
    totals: list[float],
    parts: bool,  # noqa: FBT001
) -> None:
    helps = [[1.0, 1.0, 0.6], [1.0, 0.0, 0.0]]
    found = grouped(helps, [0.0, excess], totals)
    assert found == ([[0], [1, 2]] if parts else [[0, 1, 2]])


@pytest.mark.parametrize(("first_kw", "parts"), [(2.0, True), (1.0, False)])
def test_a_tenth_of_the_help_may_be_lost(first_kw: float, parts: bool) -> None:  # noqa: FBT001
    """A kW of the first helps by 1, of the second by 0.49; 10 kW of the second would be worst.

    Of 2 + 0.49 x 8 = 5.92 then 4.9 are left, 17 % less; of 1 + 0.49 x 9 = 5.41, 9 % less.
    """
    helps = [[1.0, 1.0], [1.0, 0.49]]
    found = grouped(helps, [0.0, -0.3], [first_kw, 10.0 - first_kw])
    assert found == ([[0], [1]] if parts else [[0, 1]])


@pytest.mark.parametrize(
    ("totals", "column"), [([3.0, 2.0], 0), ([2.0, 3.0], 1), ([0.0, 0.0], 1), ([2.0, 2.0], 1)]
)
def test_of_two_directions_the_cures_own_else_the_more_helpful(
    totals: list[float], column: int
) -> None:
    helps = [[0.5, -1.0, 1.0], [-1.0, 0.8, 1.0]]
    found = grouped(helps, [0.0, 0.0], [*totals, 0.0], places=[0, 0, 1], kw=[-1.0, 1.0, -1.0])
    assert [column] in found
    assert [1 - column] not in found


def test_reactive_power_is_another_way_to_move() -> None:
    values = {
        "places": [0, 0, 1, 1],
        "kw": [-1.0, 0.0, -1.0, 0.0],
        "kvar": [0.0, -1.0, 0.0, 1.0],
    }
    assert grouped([[1.0, 1.0, 1.0, 1.0]], [0.0], **values) == [[0, 2], [1], [3]]


def test_active_power_goes_up_or_down_in_a_group() -> None:
    found = grouped([[1.0, 1.0, 1.0]], [0.0], kw=[-1.0, 1.0, -1.0])
    assert found == [[0, 2], [1]]


@pytest.fixture
def limits(feeder: MakeNetwork) -> Limits:
    """Two lines of 50 A and 80 A in a row, a PoD behind each, a load at the end."""
    return Limits(feeder((50.0, 80.0)))


LOAD, ONE, TWO = 0, 1, 2
"""Places of the consumers."""


def task(groups: FlexibleGroups, **more: Any) -> Task:
    p_kw, q_kvar = np.array([200.0, 30.0, 40.0]), np.array([80.0, 3.0, 4.0])
    return Task(p_kw, q_kvar, groups, np.ones(len(groups)), **more)


def test_what_is_asked_of_a_group_is_active_and_reactive_in_one(limits: Limits) -> None:
    groups = FlexibleGroups(
        places=np.array([TWO, ONE, ONE, TWO, TWO]),
        kw=np.array([-1.0, -1.0, 0.0, 0.0, 1.0]),
        kvar=np.array([-0.5, -0.5, -1.0, -1.0, 0.0]),
        margins=np.array([10.0, 6.0, 5.0, 3.0, 1.0]),
        sizes=np.array([2, 2, 1]),
    )
    prices = np.array([0.1, 0.2, 0.3, 0.4, 0.9])
    made = cure(groups, [[0.0] * 3], [0.0], [12.0, 4.0, 0.0])
    (need,) = needs_of(limits, 7, task(groups), made, prices)
    # 10 kW of the cheaper and 2 of the dearer; 4 kvar of the cheaper alone
    assert need == GroupNeed(
        scenario=7,
        pods=("POD-1", "POD-2"),
        baseline_kw=70.0,
        change_kw=-12.0,
        baseline_kvar=7.0,
        change_kvar=-4.0,
        limit_eur_per_kwh=0.2,
        limit_eur_per_kvarh=0.3,
    )
    assert need.total_kw == 58.0
    (unpriced,) = needs_of(limits, 7, task(groups), made)
    assert (unpriced.limit_eur_per_kwh, unpriced.limit_eur_per_kvarh) == (None, None)
    assert (unpriced.change_kw, unpriced.change_kvar) == (-12.0, -4.0)


def test_what_is_asked_stands_in_order_of_pods_and_nothing_is_not_asked(limits: Limits) -> None:
    groups = FlexibleGroups(
        places=np.array([TWO, ONE, LOAD]),
        kw=np.array([1.0, -1.0, -1.0]),
        kvar=np.zeros(3),
        margins=np.array([10.0, 10.0, 10.0]),
        sizes=np.ones(3, np.int64),
    )
    made = cure(groups, [[0.0] * 3], [0.0], [2e-6, 0.5, 0.5e-6])
    found = needs_of(limits, 0, task(groups), made, np.array([0.3, 0.2, 0.1]))
    assert [(each.pods, each.change_kw, each.limit_eur_per_kwh) for each in found] == [
        (("POD-1",), -0.5, 0.2),
        (("POD-2",), 2e-6, 0.3),
    ]


def test_the_cheapest_of_a_group_are_bought_first() -> None:
    groups = members(5, sizes=[3, 2], margins=[4.0, 5.0, 6.0, 7.0, 8.0])
    found = bought_in_merit_order(groups, np.array([9.5, 7.5]), np.array([0.3, 0.1, 0.2, 0.5, 0.4]))
    assert found.tolist() == [0.0, 5.0, 4.5, 0.0, 7.5]


def kept(helps: Any, excess: Any, totals: Any, limits: Limits, **more: Any) -> list[str]:
    """The reasons for what stays, of limits in the order of their numbers."""
    groups = members(2, places=[ONE, TWO], **more)
    found = incurable_of(limits, 3, task(groups), cure(groups, helps, excess, totals), HARMED)
    assert {each.violation.scenario for each in found} <= {3}
    return [each.reason for each in found]


HARMED = (1,)
"""The second limit can be made worse."""


def test_only_what_is_left_is_told_the_worst_first(limits: Limits) -> None:
    """Of a branch's two ends the worse; numbers 0 and 1 are first ends, 2 and 3 second ones."""
    groups = members(2, places=[ONE, TWO])
    made = cure(groups, [[0.0, 0.0]] * 4, [0.1, LEFT, 0.2, 0.15])
    found = incurable_of(limits, 3, task(groups), made)
    assert [(each.violation.state.element, each.violation.excess) for each in found] == [
        ("line0", 0.2),
        ("line1", 0.15),
    ]
    assert found[0].violation.state.value == pytest.approx(60.0)
    at_most = cure(groups, [[0.0, 0.0]] * 2, [LEFT, 2 * LEFT])
    (left,) = incurable_of(limits, 3, task(groups), at_most)
    assert left.violation.state.element == "line1"
    assert {each.reason for each in found} == {"No flexible point of delivery has an effect on it."}


def test_who_could_only_make_it_worse_is_told_apart(limits: Limits) -> None:
    found = kept([[0.0, 0.0], [-1.0, 0.0]], [0.1, 0.2], [0.0, 0.0], limits)
    worse = "Flexible points of delivery could only make it worse: none offers the direction that"
    assert found == [f"{worse} would help.", "No flexible point of delivery has an effect on it."]


def test_who_is_at_the_limits_of_what_it_can_is_told(limits: Limits) -> None:
    """A ten-thousandth of the margin does not count."""
    (found,) = kept([[1.0, 0.0]], [0.1], [9.9991, 2.0], limits)
    assert found == ("All flexible points of delivery that help are at their limits (9.999 kW).")
    (found,) = kept([[1.0, 1.0]], [0.1], [10.0, 9.99], limits)
    assert found.startswith("Of 20.000 kW that help only 19.990 kW are of use")


def test_what_holds_others_back_is_named(limits: Limits) -> None:
    helps = [[1.0, 0.0], [-1.0, 0.0]]
    (found,) = kept(helps, [0.1, -0.5e-4], [4.0, 0.0], limits)
    assert found == (
        "Of 10.000 kW that help only 4.000 kW can be used without breaking another limit (line1)."
    )
    (found,) = kept(helps, [0.1, -2e-4], [4.0, 0.0], limits)
    assert found == "Of 10.000 kW that help only 4.000 kW are of use: more would not reduce it."
    own_end = [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]
    (found,) = kept(own_end, [0.1, -1.0, 0.0], [4.0, 0.0], limits)
    assert found.endswith("more would not reduce it.")


def test_kilowatts_and_kilovars_are_told_apart(limits: Limits) -> None:
    (found,) = kept([[1.0, 1.0]], [0.1], [10.0, 10.0], limits, kw=[-1.0, 0.0], kvar=[0.0, -1.0])
    assert "(10.000 kW and 10.000 kvar)" in found
    (found,) = kept([[0.0, 1.0]], [0.1], [10.0, 10.0], limits, kw=[-1.0, 0.0], kvar=[0.0, -1.0])
    assert "(10.000 kvar)" in found


def test_limits_that_a_move_makes_worse() -> None:
    groups = members(2)
    made = cure(groups, [[1.0, 0.0], [0.0, -1.9e-7], [0.5, -0.9e-7], [-1.0, 1.0]], [0.0] * 4)
    assert harmed_by(made) == {1, 3}
