"""A network that was changed by hand is checked before it is calculated."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.grid.problem.network import NetworkInvalid


def first_line(network: grid.Network, **changes: Any) -> grid.Network:
    return replace(network, lines=(replace(network.lines[0], **changes), *network.lines[1:]))


def first_bus(network: grid.Network, **changes: Any) -> grid.Network:
    return replace(network, buses=(replace(network.buses[0], **changes), *network.buses[1:]))


def first_load(network: grid.Network, **changes: Any) -> grid.Network:
    return replace(network, loads=(replace(network.loads[0], **changes), *network.loads[1:]))


@pytest.mark.parametrize(
    ("change", "wrong", "told"),
    [
        (first_line, {"limit_a": -5.0}, "its current limit is not above 0 A"),
        (first_line, {"limit_a": "200"}, "limit_a is '200', where a number must stand"),
        (first_line, {"resistance_ohm": None}, "resistance_ohm is None, where a number"),
        (first_line, {"from_closed": "no"}, "from_closed is 'no', where True or False"),
        (first_line, {"to_bus": 3}, "to_bus is 3, where a text must stand"),
        (first_bus, {"min_pu": -0.9}, "0 < min <= max"),
        (first_bus, {"nominal_kv": "20 kV"}, "nominal_kv is '20 kV', where a number"),
        (first_load, {"p_kw": "12"}, "p_kw is '12', where a number"),
        (first_load, {"q_kvar": True}, "q_kvar is True, where a number"),
    ],
)
def test_what_cannot_be_is_named(
    cigre: grid.Network, change: Callable[..., grid.Network], wrong: dict[str, Any], told: str
) -> None:
    network = change(cigre, **wrong)
    kinds: dict[Any, Any] = {
        first_line: cigre.lines,
        first_bus: cigre.buses,
        first_load: cigre.loads,
    }
    for calculate in (
        lambda: grid.power_flow(network),
        lambda: grid.power_flow(network, unbalanced=True),
        lambda: grid.estimate(network, [], only_measured=True),
    ):
        with pytest.raises(NetworkInvalid, match=told) as found:
            calculate()
        assert found.value.faults[0].element == kinds[change][0].id


def test_numbers_of_numpy_are_numbers(cigre: grid.Network) -> None:
    network = first_line(cigre, limit_a=np.float32(200), from_closed=np.True_)
    network = first_load(network, p_kw=12)
    assert grid.power_flow(network).scenarios == 1
