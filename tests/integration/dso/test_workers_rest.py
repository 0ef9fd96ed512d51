"""The server's request and validation in other processes, by the setting `workers`."""

from typing import Any

import pytest

from platone.dso.context import Dso
from platone.grid.problem.calculation import WorkersInvalid

SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}


@pytest.fixture
def grid_workers() -> str:
    return "processes:2"


async def test_the_published_request_comes_from_other_processes(world: Any) -> None:
    await world.prepare()
    asked = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", SESSION)
    assert asked.status_code == 200, asked.text
    (request,) = world.others.told("/api/flexibilityService")
    (group,) = request["flexibility"]
    (point,) = group["power"]
    assert point["index"] == 50
    assert point["p"] == pytest.approx(5771.039299061133, abs=0.01)  # D3.6 4.3.2


def test_a_wrong_place_stops_the_start() -> None:
    anything: Any = None
    with pytest.raises(WorkersInvalid, match="elsewhere"):
        Dso("sqlite://", anything, anything, anything, anything, desk=anything, workers="elsewhere")
