"""A market day of a network of which some points of delivery are not known."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.unit.dso.test_day_forecast import DAY, partly, pod

from platone.dso.domain.day_input import DayInput
from platone.dso.domain.forecast import KnownDay
from platone.dso.domain.problem import PodDataMissing
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation

TYPICAL = {"POD-2": Expectation(np.full(96, 50.0), np.ones(96))}


def day_input(baselines: dict[str, Any]) -> DayInput:
    registered = {name: pod(name) for name in baselines}
    return DayInput(
        day=DAY, known=KnownDay(registered, baselines), typical={}, loads=[], suppose={}
    )


@pytest.mark.parametrize(
    "baselines", [{"POD-1": np.ones(96)}, {"POD-1": np.ones(96), "POD-2": partly(3)}]
)
def test_what_is_not_known_takes_nothing_and_is_named(
    feeder: Callable[..., Network], baselines: dict[str, Any]
) -> None:
    """POD-2 is not registered, or lacks one quarter-hour: of what it takes nothing is known."""
    network = feeder((100.0, 100.0))
    asked = day_input(baselines)
    found = asked.as_far_as_known(network)
    assert found.unknown == {"POD-2"}
    assert found.power.p_kw.tolist() == [[200.0, 1.0, 0.0]] * 96
    assert found.power.q_kvar[:, 2].tolist() == [0.0] * 96
    nobody = found.pods["POD-2"]
    assert (nobody.max_up_kw, nobody.max_down_kw) == (0.0, 0.0)
    assert (found.pods["POD-1"].max_up_kw, found.pods["POD-1"].max_down_kw) == (30.0, 20.0)


def test_who_is_not_registered_holds_up_nobody(feeder: Callable[..., Network]) -> None:
    """POD-2's customer has gone: it takes nothing, or what is supposed of it, and is named."""
    network = feeder((100.0, 100.0))
    asked = day_input({"POD-1": np.ones(96)})
    found = asked.on(network)
    assert found.unknown == {"POD-2"}
    assert found.power.p_kw.tolist() == [[200.0, 1.0, 0.0]] * 96
    (remark,) = found.remarks
    assert remark.startswith("At 1 point of delivery nobody is registered")
    assert remark.endswith("0 kW: POD-2.")
    supposed = replace(asked, suppose={("POD-2", 5): 30.0}).on(network)
    assert supposed.power.p_kw[[4, 5], 2].tolist() == [0.0, 30.0]
    assert supposed.pods["POD-2"].is_flexible is False


def test_who_is_registered_and_says_nothing_is_waited_for(feeder: Callable[..., Network]) -> None:
    asked = day_input({"POD-1": np.ones(96), "POD-2": partly(3)})
    with pytest.raises(PodDataMissing):
        asked.on(feeder((100.0, 100.0)))


def test_what_typical_days_tell_is_known(feeder: Callable[..., Network]) -> None:
    network = feeder((100.0, 100.0))
    asked = replace(day_input({"POD-1": np.ones(96), "POD-2": partly(3)}), typical=TYPICAL)
    found = asked.as_far_as_known(network)
    assert found.unknown == frozenset()
    assert found.power.p_kw[[2, 3]].tolist() == [[200.0, 1.0, 2.0], [200.0, 1.0, 50.0]]
    assert np.array_equal(found.power.p_kw, asked.on(network).power.p_kw)


@pytest.mark.parametrize(
    ("baselines", "fields"),
    [
        ({}, {"notRegistered": ["POD-1", "POD-2"], "withoutBaseline": []}),
        ({"POD-2": partly(3)}, {"notRegistered": ["POD-1"], "withoutBaseline": ["POD-2"]}),
    ],
)
def test_of_a_network_of_which_nothing_is_known_there_is_no_day(
    feeder: Callable[..., Network], baselines: dict[str, Any], fields: dict[str, list[str]]
) -> None:
    with pytest.raises(PodDataMissing) as refused:
        day_input(baselines).as_far_as_known(feeder((100.0, 100.0)))
    assert refused.value.fields == fields


def test_a_network_without_points_of_delivery_has_a_day(feeder: Callable[..., Network]) -> None:
    found = day_input({}).as_far_as_known(feeder(()))
    assert (dict(found.pods), found.unknown) == ({}, frozenset())
