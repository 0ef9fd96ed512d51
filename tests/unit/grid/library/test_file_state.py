"""How far a state is from the one that the network's file carries."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from platone import grid
from platone.cli.dso_group import app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

CIM = Path(__file__).parents[3] / "data" / "cim"


def solve(net: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(net, numba=False, tolerance_mva=1e-11, calculate_voltage_angles=True)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    """A file whose loads changed after it was solved; its state, and the right one."""
    net = public.create_cigre_network_mv()
    solve(net)
    before = net.res_bus.copy()
    net.load.p_mw *= 0.9
    path = tmp_path_factory.mktemp("moved") / "moved.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.to_json(net, str(path))
    solve(net)
    return path, before, net.res_bus


@pytest.mark.parametrize("path", [*CIM.glob("*.zip"), CIM / "cigre_mv"], ids=lambda path: path.stem)
def test_other_programs_solved_states_are_met(path: Path) -> None:
    network = grid.read_network(path)
    found = grid.power_flow(network).file_state
    assert found is not None
    assert found.buses == len(network.buses)
    assert found.voltage_pu < 1e-6
    assert found.angle_deg is not None
    assert found.angle_deg < 1e-4


def test_the_largest_differences_are_named(moved: tuple[Path, Any, Any]) -> None:
    path, before, after = moved
    network = grid.read_network(path)
    found = grid.power_flow(network).file_state
    assert found is not None
    apart_pu, apart_deg = (after - before).vm_pu.abs(), (after - before).va_degree.abs()
    assert found.voltage_pu == pytest.approx(apart_pu.max(), rel=1e-5)
    assert found.voltage_bus == f"bus/{apart_pu.idxmax()}"
    assert found.angle_deg == pytest.approx(apart_deg.max(), rel=1e-5)
    assert found.angle_bus == f"bus/{apart_deg.idxmax()}"


def test_it_stands_in_the_json_and_among_the_remarks(moved: tuple[Path, Any, Any]) -> None:
    path = moved[0]
    found = grid.power_flow(grid.read_network(path)).file_state
    assert found is not None
    result = CliRunner().invoke(app, ["power-flow", str(path), "--json"])
    told = json.loads(result.stdout)["fileState"]
    assert told["voltagePu"] == pytest.approx(found.voltage_pu)
    assert (told["voltageBus"], told["angleBus"]) == (found.voltage_bus, found.angle_bus)
    first = result.stderr.splitlines()[0]
    assert first.startswith(f"remark: {found.voltage_bus}: is ")
    assert "from the file's own solved state" in first


def test_only_the_file_s_own_state_is_compared(moved: tuple[Path, Any, Any]) -> None:
    network = grid.read_network(moved[0])
    own = grid.snapshot(network)
    other = grid.ConsumerPower(own.p_kw * 1.01, own.q_kvar)
    assert grid.power_flow(network, own).file_state is not None
    assert grid.power_flow(network, other).file_state is None
    line = network.lines[-1].id
    switched = grid.happened(network, [grid.Switching(line, closed=False)])
    assert grid.power_flow(switched).file_state is None
    assert grid.power_flow(network, unbalanced=False).network.solved


def test_a_file_without_a_solved_state(tmp_path: Path) -> None:
    net = public.create_cigre_network_mv()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.to_json(net, str(tmp_path / "net.json"))
    flow = grid.power_flow(grid.read_network(tmp_path / "net.json"))
    assert flow.file_state is None
    assert flow.remarks() == flow.network.remarks


def test_a_bus_without_voltage_here_is_as_far_as_can_be(tmp_path: Path) -> None:
    net = public.create_cigre_network_mv()
    solve(net)
    net.switch.loc[:, "closed"] = False
    net.line.loc[net.line.to_bus == 11, "in_service"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.to_json(net, str(tmp_path / "net.json"))
    found = grid.power_flow(grid.read_network(tmp_path / "net.json")).file_state
    assert found is not None
    assert found.voltage_pu > 0.9
    assert found.voltage_pu == pytest.approx(
        net.res_bus.vm_pu[int(found.voltage_bus.split("/")[1])]
    )


def test_where_there_is_no_difference_it_says_so(tmp_path: Path) -> None:
    net = public.create_cigre_network_mv()
    solve(net)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.to_json(net, str(tmp_path / "net.json"))
    first = grid.power_flow(grid.read_network(tmp_path / "net.json")).remarks()[0]
    assert first.element == "file"
    assert first.reason.startswith("the state agrees with the file's own solved state to ")
    assert first.reason.endswith("at all of its 15 buses")
