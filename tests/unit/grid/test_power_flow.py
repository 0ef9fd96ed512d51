import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp


def pandapower_twin(network: Network) -> Any:
    net = pp.create_empty_network(f_hz=50.0)
    buses = {bus.id: pp.create_bus(net, vn_kv=bus.nominal_kv) for bus in network.buses}
    for source in network.sources:
        pp.create_ext_grid(net, buses[source.bus], vm_pu=source.voltage_pu)
    for line in network.lines:
        made = pp.create_line_from_parameters(
            net,
            buses[line.from_bus],
            buses[line.to_bus],
            1.0,
            line.resistance_ohm,
            line.reactance_ohm,
            line.capacitance_nf,
            (line.limit_a or 1e6) / 1e3,
        )
        for closed, bus in ((line.from_closed, line.from_bus), (line.to_closed, line.to_bus)):
            pp.create_switch(net, buses[bus], made, et="l", closed=closed)
    for unit in network.transformers:
        pp.create_transformer_from_parameters(
            net,
            buses[unit.from_bus],
            buses[unit.to_bus],
            unit.rated_kva / 1e3,
            unit.from_kv,
            unit.to_kv,
            vkr_percent=unit.copper_loss_kw / unit.rated_kva * 100,
            vk_percent=unit.short_circuit_percent,
            pfe_kw=unit.iron_loss_kw,
            i0_percent=unit.no_load_percent,
            shift_degree=unit.phase_shift_deg,
            tap_side="hv" if unit.tap_side == "from" else "lv",
            tap_pos=unit.tap_position,
            tap_neutral=0,
            tap_step_percent=unit.tap_step_percent,
            tap_changer_type="Ratio",
        )
    for consumer in network.consumers:
        pp.create_load(net, buses[consumer.bus], 0.0, 0.0)
    return net


def solve_twin(net: Any, p_kw: np.ndarray, q_kvar: np.ndarray) -> None:
    net.load["p_mw"], net.load["q_mvar"] = p_kw / 1e3, q_kvar / 1e3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(
            net, trafo_model="pi", calculate_voltage_angles=True, tolerance_mva=1e-10, numba=False
        )


@pytest.mark.parametrize(
    ("clock", "side", "tap"), [(0, "from", 0), (0, "from", 3), (5, "to", -2), (11, "from", -4)]
)
def test_flow_agrees_with_pandapower(
    two_levels: Callable[..., Network], engine: GridModelPowerFlow, clock: int, side: str, tap: int
) -> None:
    network = two_levels(clock, side, tap)
    rng = np.random.default_rng(7)
    p_kw, q_kvar = rng.uniform(-2000, 4000, (5, 3)), rng.uniform(-800, 1500, (5, 3))
    flow = engine.solve(network, ConsumerPower(p_kw, q_kvar))
    net = pandapower_twin(network)
    for row in range(5):
        solve_twin(net, p_kw[row], q_kvar[row])
        assert np.allclose(flow.voltage_pu[row], net.res_bus.vm_pu, atol=1e-7)
        assert np.allclose(np.rad2deg(flow.angle_rad[row]), net.res_bus.va_degree, atol=1e-5)
        from_a = np.append(net.res_line.i_from_ka, net.res_trafo.i_hv_ka) * 1e3
        to_a = np.append(net.res_line.i_to_ka, net.res_trafo.i_lv_ka) * 1e3
        assert np.allclose(flow.from_a[row], from_a, rtol=1e-5, atol=1e-4)
        assert np.allclose(flow.to_a[row], to_a, rtol=1e-5, atol=1e-4)
        losses_kw = np.append(net.res_line.pl_mw, net.res_trafo.pl_mw) * 1e3
        assert np.allclose(flow.loss_kw[row], losses_kw, atol=1e-3)


def test_italian_day_agrees_with_pandapower(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    flow = engine.solve(italy, italian_power)
    net = pandapower_twin(italy)
    for slot in (0, 50, 83):
        solve_twin(net, italian_power.p_kw[slot], italian_power.q_kvar[slot])
        assert np.allclose(flow.voltage_pu[slot], net.res_bus.vm_pu, atol=1e-7)
        assert np.allclose(flow.from_a[slot, :7], net.res_line.i_from_ka * 1e3, rtol=1e-5)


def test_withdrawn_power_and_losses_balance(
    italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow
) -> None:
    flow = engine.solve(italy, italian_power)
    assert flow.voltage_pu.shape == (96, 10)
    supplied_kw = -flow.bus_kw[:, 0]
    assert np.allclose(supplied_kw, italian_power.p_kw.sum(1) + flow.loss_kw.sum(1), atol=0.01)


def test_a_load_that_no_voltage_can_carry_is_reported(
    feeder: Callable[..., Network], engine: GridModelPowerFlow
) -> None:
    network = feeder((100.0,), with_load=False)
    power = np.array([[10.0], [1e7], [20.0]])
    with pytest.raises(PowerFlowDiverged) as failed:
        engine.solve(network, ConsumerPower(power, 0 * power))
    assert failed.value.fields["quarterHours"] == [1]


def test_loading_is_of_the_more_loaded_end(
    two_levels: Callable[..., Network], engine: GridModelPowerFlow
) -> None:
    network = two_levels()
    power = np.array([[1000.0, 3000.0, 2000.0]])
    flow = engine.solve(network, ConsumerPower(power, power / 2))
    rated_a = 25000 / (3**0.5 * 20.8)
    assert flow.loading()[0, 0] == max(flow.from_a[0, 0], flow.to_a[0, 0]) / 200.0
    assert flow.loading()[0, 5] == pytest.approx(flow.to_a[0, 5] / rated_a, rel=0.02)
