"""Whether the clocks of transformers turn angles."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.grid.cim.cim_path import read_cim_path

from platone import grid
from platone.grid.file.cim.clock import Clocks
from platone.grid.file.cim.read import read_cim
from platone.grid.file.cim.write import write_cim
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.branch import ThreeWindingTransformer, Winding
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network

CASE = Path(__file__).parents[3] / "data" / "grid" / "dyn5_clock.zip"
COUNTED_DEG = -153.17421701  # by pandapower, and in the file's own solved state
Make = Callable[..., Any]


def angle_deg(network: Network, bus: int) -> float:
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    return float(np.rad2deg(flow.angle_rad[0, bus]))


@pytest.mark.parametrize(
    ("clocks", "expected", "told"),
    [
        (
            "solved",
            COUNTED_DEG,
            "is counted in the angles behind it, as in the file's solved state",
        ),
        ("counted", COUNTED_DEG, "is counted in the angles behind it, as was asked"),
        ("left-out", COUNTED_DEG + 150, "is left out of the angles behind it, as was asked"),
    ],
)
def test_the_convention_is_that_of_the_solved_state_or_set(
    clocks: Clocks, expected: float, told: str
) -> None:
    network = read_cim_path(CASE, clocks=clocks)
    assert angle_deg(network, 1) == pytest.approx(expected, abs=1e-6)
    (remark,) = network.remarks
    assert told in remark.reason
    assert grid.read_network(CASE, clocks=clocks).transformers == network.transformers


@pytest.mark.parametrize(
    ("solved_deg", "is_counted"), [(-1.5, False), (-151.5, True), (None, False)]
)
def test_a_solved_state_shows_it(
    solved_deg: float | None, *, is_counted: bool, pair: list[str], make: Make, write: Make
) -> None:
    things = [each for each in pair if 'rdf:ID="end' not in each]
    for number, kv, kind, hour, x in ((1, 110, "D", 0, 36), (2, 20, "Yn", 5, 0)):
        things.append(
            make(
                "PowerTransformerEnd",
                f"end{number}",
                TransformerEnd_endNumber=number,
                TransformerEnd_Terminal=f"#_unit-t{number}",
                PowerTransformerEnd_PowerTransformer="#unit",
                PowerTransformerEnd_ratedU=kv,
                PowerTransformerEnd_r=0,
                PowerTransformerEnd_x=x,
                PowerTransformerEnd_connectionKind=f"*WindingConnection.{kind}",
                PowerTransformerEnd_phaseAngleClock=hour,
            )
        )
    for bus, kv, deg in (("A", 110, 0), ("B", 20, solved_deg)):
        if deg is not None:
            node = f"#{bus}"
            things.append(
                make("SvVoltage", f"v{bus}", SvVoltage_v=kv, SvVoltage_angle=deg,
                     SvVoltage_TopologicalNode=node)
            )  # fmt: skip
    network = read_cim({"a.xml": write(*things)})
    load_deg = math.degrees(math.asin(8 * 36 / 110**2))
    expected = (-150 if is_counted else 0) - load_deg
    assert angle_deg(network, 1) == pytest.approx(expected, abs=0.1)


def three_sides(hours: tuple[int, int, int], *, counted: bool) -> Network:
    """A star whose shifts stand in the clocks alone, or in the phase shifts as well."""
    first, second, third = (
        Winding(
            id=f"w{place}",
            bus=bus,
            rated_kv=kv,
            rated_kva=40e3,
            resistance_ohm=kv**2 / 4000,
            reactance_ohm=kv**2 / 400,
            connection=kind,
            phase_shift_deg=-30.0 * hours[place] if counted else 0.0,
            uncounted_hour=0 if counted else hours[place],
        )
        for place, (bus, kv, kind) in enumerate(
            (("a", 110.0, "YN"), ("b", 20.0, "D"), ("c", 10.0, "D"))
        )
    )
    return check(
        Network(
            id="star",
            version="1",
            buses=tuple(
                Bus(id=bus, nominal_kv=kv, min_pu=0.9, max_pu=1.1)
                for bus, kv in (("a", 110.0), ("b", 20.0), ("c", 10.0))
            ),
            sources=(Source(id="s", bus="a", voltage_pu=1.0),),
            loads=(Load(id="l", bus="b", p_kw=9e3, q_kvar=2e3),),
            three_winding_transformers=(
                ThreeWindingTransformer(id="t", windings=(first, second, third)),
            ),
        )
    )


@pytest.mark.parametrize("counted", [True, False])
def test_the_hours_of_three_windings_are_told_by_the_solved_state(*, counted: bool) -> None:
    hours = 0, 5, 11
    alone, solved = three_sides(hours, counted=False), three_sides(hours, counted=counted)
    flow = GridModelPowerFlow().solve(solved, snapshot(solved))
    files = write_cim(alone)
    files |= {name: body for name, body in write_cim(solved, flow).items() if "SV.xml" in name}
    network = read_cim(files)
    again = GridModelPowerFlow().solve(network, snapshot(network))
    assert np.rad2deg(again.angle_rad[0]) == pytest.approx(np.rad2deg(flow.angle_rad[0]), abs=1e-6)
    (remark,) = [each for each in network.remarks if "clock" in each.reason]
    assert ("is left out of the angles" in remark.reason) is not counted
