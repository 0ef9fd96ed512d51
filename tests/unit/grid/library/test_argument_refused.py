"""Arguments of another kind, and choices that there are not, are refused in words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.grid.problem.calculation import FlexibilityInvalid
from platone.grid.problem.study import ArgumentInvalid, TradeInvalid
from platone.grid.profile.metering import Metering

from .conftest import NOON

Call = Callable[..., Any]
face: Any = grid
_DAY = Metering(NOON, ("a",), np.zeros((96, 1)))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda net, path: face.write_network(net, path, "xx"), "pandapower, cgmes-3.0, cgmes-2"),
        (lambda net, path: face.convert(net, path, "xx"), "pandapower, cgmes-3.0, cgmes-2"),
        (lambda net, _: face.picture(net, format="gif"), "format is 'gif'.*svg, html, png"),
        (lambda net, _: face.picture(net, layout="xx"), "layout is 'xx'.*auto, scheme, map"),
        (lambda net, _: face.picture(net, zone="Mars"), "There is no zone 'Mars'"),
        (lambda net, _: face.heat_map(face.power_flow(net), zone="Mars"), "no zone 'Mars'"),
        (lambda net, _: face.heat_map(face.power_flow(net), zone=None), "no zone None"),
        (lambda net, _: face.heat_map(face.power_flow(net), format="gif"), "svg, html, png"),
        (lambda _, path: face.read_network(path, clocks="xx"), "solved, counted, left-out"),
        (lambda _, __: face.profile(_DAY, zone="Mars"), "no zone 'Mars'"),
        (lambda _, __: face.forecast(_DAY, zone="Europe"), "no zone 'Europe'"),
        (lambda _, __: face.phasor([], angle_unit="gon"), "angle_unit is 'gon'.*degree, radian"),
        (lambda _, __: face.phasor(5), "readings must be of kind .*path"),
        (lambda net, _: face.power_flow(net, unbalanced="x"), "unbalanced must be of kind bool"),
        (lambda net, _: face.outage(net, resupply="no"), "resupply must be of kind bool"),
        (lambda net, _: face.estimate(net, [], only_measured=1), "only_measured must be of kind"),
        (
            lambda net, _: face.request(net, face.snapshot(net), [], in_groups=None),
            "in_groups must be of kind bool",
        ),
        (
            lambda _, __: face.forecast(_DAY, days="x"),
            "days must be of kind int.*number of market days",
        ),
    ],
)
def test_what_is_no_choice(cigre: grid.Network, tmp_path: Path, call: Call, told: str) -> None:
    written = tmp_path / "written"
    with pytest.raises(ArgumentInvalid, match=told):
        call(cigre, written)
    assert not written.exists()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (grid.power_flow, "read it with read_network"),
        (lambda path: grid.power_flow(path, unbalanced=True), "read it with read_network"),
        (lambda path: grid.power_flow(path, voltage_band=(0.9, 1.1)), "with read_network"),
        (grid.outage, "read it with read_network"),
        (grid.snapshot, "read it with read_network"),
        (grid.associate, "read it with read_network"),
        (grid.unwatched, "read it with read_network"),
        (grid.expected, "read it with read_network"),
        (lambda path: grid.estimate(path, []), "read it with read_network"),
        (lambda path: grid.happened(path, []), "read it with read_network"),
        (lambda path: grid.convert(path, path, "pandapower"), "with read_network"),
        (lambda path: grid.read_powers(path, path), "read it with read_network"),
        (grid.picture, "read a network with read_network"),
        (grid.heat_map, "calculate it with power_flow"),
        (grid.profile, "read it with read_metering"),
        (grid.forecast, "read it with read_metering"),
    ],
)
def test_a_path_is_not_what_is_read_from_it(call: Call, told: str) -> None:
    with pytest.raises(ArgumentInvalid, match=f"is of kind str: .*{told}"):
        call("ober.json")


def test_what_is_none_of_a_list(cigre: grid.Network) -> None:
    power: Any = grid.snapshot(cigre)
    wrong: Any = "x"
    with pytest.raises(ArgumentInvalid, match=r"measurements\[0\] must be .*read_measurements"):
        grid.estimate(cigre, wrong)
    with pytest.raises(ArgumentInvalid, match=r"flexible\[0\] must be .*read_flexibility"):
        grid.request(cigre, power, wrong)
    with pytest.raises(ArgumentInvalid, match=r"trades\[0\] must be .*read_trades"):
        grid.validate(cigre, power, wrong)
    with pytest.raises(ArgumentInvalid, match=r"events must be .* NoneType"):
        grid.happened(cigre, None)  # type: ignore[arg-type]


def test_numbers_that_are_texts(cigre: grid.Network) -> None:
    power, load = grid.snapshot(cigre), cigre.loads[0].id
    text: Any = "5"
    pod = grid.PodFlexibility(pod_id=load, max_up_kw=text, max_down_kw=0.0, kvar_per_kw=0.0)
    with pytest.raises(FlexibilityInvalid, match=f"{load}: max_up_kw is '5', where a number"):
        grid.request(cigre, power, [pod])
    trade = grid.Trade(
        pod_id=load, scenario=0, change_kw=text, price_eur_per_kwh=0.1, kvar_per_kw=0.0
    )
    with pytest.raises(TradeInvalid, match=f"{load}: change_kw is '5', where a number"):
        grid.validate(cigre, power, [trade])


def test_one_branch_by_its_name(oberrhein: grid.Network) -> None:
    found = grid.outage(oberrhein, branches="line/11", resupply=False)
    assert [each.outage.element for each in found.contingencies] == ["line/11"]


def test_what_is_expected_may_be_unknown(cigre: grid.Network) -> None:
    power = grid.snapshot(cigre)
    power.p_kw[0, 3] = np.nan
    assert np.isnan(grid.expected(cigre, power).p_kw).tolist() == [
        place == 3 for place in range(len(cigre.consumers))
    ]


@pytest.mark.parametrize("kind", [grid.PodFlexibility, grid.Trade, grid.ExpectedConsumption])
def test_numbers_alike_are_named(kind: Any) -> None:
    """Four kW and prices one after the other could be mixed up without anybody's notice."""
    with pytest.raises(TypeError, match="positional argument"):
        kind("load", 0, 1.0, 2.0, 3.0)
