"""Power flow by power-grid-model (MPL-2.0): one batch for all scenarios."""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from power_grid_model import (
    BranchSide,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    WindingType,
    initialize_array,
)
from power_grid_model.errors import (  # type: ignore[attr-defined]  # it names no exports
    PowerGridBatchError,
    PowerGridError,
)

from platone.dso.domain.flow.state import ConsumerPower, Flow, PowerFlowDiverged
from platone.dso.domain.network.model import Network

_IDEAL_SOURCE_VA = 1e20  # the library's default of 1e10 shifts the voltage by 0.3 %
_TOLERANCE = 1e-8  # finer ones diverge on some networks
_MAX_ITERATIONS = 50
_ALL_THREADS = 0
_OUTPUT: Any = {
    ComponentType.node: ["u_pu", "u_angle", "p", "q"],
    ComponentType.line: ["i_from", "i_to", "p_from", "p_to", "q_from", "q_to"],
    ComponentType.transformer: ["i_from", "i_to", "p_from", "p_to", "q_from", "q_to"],
}


class GridModelPowerFlow:
    """The engine; models are kept as long as their networks live, and are safe to share."""

    def __init__(self) -> None:
        self._models: WeakKeyDictionary[Network, PowerGridModel] = WeakKeyDictionary()

    def solve(self, network: Network, power: ConsumerPower) -> Flow:
        """The states of all scenarios, by Newton-Raphson to 1e-8 pu.

        Raises:
            PowerFlowDiverged: With the places of the scenarios that have no solution.
        """
        model = self._models.get(network)
        if model is None:
            model = PowerGridModel(_input(network))
            self._models[network] = model
        scenarios, consumers = power.p_kw.shape
        update = initialize_array(
            DatasetType.update, ComponentType.sym_load, (scenarios, consumers)
        )
        update["id"] = _first_load(network) + np.arange(consumers)
        update["p_specified"] = power.p_kw * 1e3
        update["q_specified"] = power.q_kvar * 1e3
        try:
            output = model.copy().calculate_power_flow(
                error_tolerance=_TOLERANCE,
                max_iterations=_MAX_ITERATIONS,
                update_data={ComponentType.sym_load: update},
                threading=_ALL_THREADS,
                output_component_types=_OUTPUT,
            )
        except PowerGridBatchError as error:
            failed = [int(place) for place in error.failed_scenarios]
            raise PowerFlowDiverged(
                f"The power flow has no solution in {len(failed)} of {scenarios} scenarios.",
                quarterHours=failed,
            ) from error
        except PowerGridError as error:
            raise PowerFlowDiverged(f"The power flow failed: {error}", quarterHours=[]) from error
        return _flow(output)


def _first_load(network: Network) -> int:
    return len(network.buses) + len(network.branches) + len(network.sources)


def _input(network: Network) -> dict[ComponentType, np.ndarray]:
    """Identifiers count through buses, branches, sources, consumers."""
    buses = network.bus_position
    node = initialize_array(DatasetType.input, ComponentType.node, len(buses))
    node["id"] = np.arange(len(buses))
    node["u_rated"] = [bus.nominal_kv * 1e3 for bus in network.buses]
    source = initialize_array(DatasetType.input, ComponentType.source, len(network.sources))
    source["id"] = len(buses) + len(network.branches) + np.arange(len(source))
    source["node"] = [buses[each.bus] for each in network.sources]
    source["status"] = 1
    source["u_ref"] = [each.voltage_pu for each in network.sources]
    source["u_ref_angle"] = np.deg2rad([each.angle_deg for each in network.sources])
    source["sk"] = _IDEAL_SOURCE_VA
    load = initialize_array(DatasetType.input, ComponentType.sym_load, len(network.consumers))
    load["id"] = _first_load(network) + np.arange(len(load))
    load["node"] = [buses[each.bus] for each in network.consumers]
    load["status"] = 1
    load["type"] = LoadGenType.const_power
    load["p_specified"] = 0.0
    load["q_specified"] = 0.0
    return {
        ComponentType.node: node,
        ComponentType.source: source,
        ComponentType.sym_load: load,
        ComponentType.line: _lines(network),
        ComponentType.transformer: _transformers(network),
    }


def _lines(network: Network) -> np.ndarray:
    lines = network.lines
    line = initialize_array(DatasetType.input, ComponentType.line, len(lines))
    line["id"] = len(network.buses) + np.arange(len(lines))
    line["from_node"] = [network.bus_position[each.from_bus] for each in lines]
    line["to_node"] = [network.bus_position[each.to_bus] for each in lines]
    line["from_status"] = [each.from_closed for each in lines]
    line["to_status"] = [each.to_closed for each in lines]
    line["r1"] = [each.resistance_ohm for each in lines]
    line["x1"] = [each.reactance_ohm for each in lines]
    line["c1"] = [each.capacitance_nf * 1e-9 for each in lines]
    line["tan1"] = 0.0
    line["i_n"] = [each.limit_a for each in lines]
    return line


def _transformers(network: Network) -> np.ndarray:
    units = network.transformers
    array = initialize_array(DatasetType.input, ComponentType.transformer, len(units))
    array["id"] = len(network.buses) + len(network.lines) + np.arange(len(units))
    array["from_node"] = [network.bus_position[each.from_bus] for each in units]
    array["to_node"] = [network.bus_position[each.to_bus] for each in units]
    array["from_status"] = [each.from_closed for each in units]
    array["to_status"] = [each.to_closed for each in units]
    array["u1"] = [each.from_kv * 1e3 for each in units]
    array["u2"] = [each.to_kv * 1e3 for each in units]
    array["sn"] = [each.rated_kva * 1e3 for each in units]
    array["uk"] = [each.short_circuit_percent / 100 for each in units]
    array["pk"] = [each.copper_loss_kw * 1e3 for each in units]
    array["i0"] = [each.no_load_percent / 100 for each in units]
    array["p0"] = [each.iron_loss_kw * 1e3 for each in units]
    array["winding_from"] = WindingType.wye_n
    # the winding only says which clocks are possible: odd ones need a delta
    array["winding_to"] = [WindingType.delta if u.clock % 2 else WindingType.wye_n for u in units]
    array["clock"] = [each.clock for each in units]
    array["tap_side"] = [
        BranchSide.from_side if u.tap_side == "from" else BranchSide.to_side for u in units
    ]
    array["tap_pos"] = [each.tap_position for each in units]
    array["tap_min"] = [min(each.tap_position, 0) for each in units]
    array["tap_max"] = [max(each.tap_position, 0) for each in units]
    array["tap_nom"] = 0
    array["tap_size"] = [
        u.tap_step_percent / 100 * 1e3 * (u.from_kv if u.tap_side == "from" else u.to_kv)
        for u in units
    ]
    return array


def _flow(output: Any) -> Flow:
    node = output[ComponentType.node]
    # the library leaves out kinds of which the network has none
    kinds = [kind for kind in (ComponentType.line, ComponentType.transformer) if kind in output]

    def branch(*names: str) -> np.ndarray:
        none = np.zeros((len(node["u_pu"]), 0))
        parts = [sum(output[kind][name] for name in names) for kind in kinds]
        return np.concatenate([none, *parts], axis=1)

    return Flow(
        voltage_pu=node["u_pu"],
        angle_rad=node["u_angle"],
        from_a=branch("i_from"),
        to_a=branch("i_to"),
        loss_kw=branch("p_from", "p_to") / 1e3,
        loss_kvar=branch("q_from", "q_to") / 1e3,
        bus_kw=-node["p"] / 1e3,
        bus_kvar=-node["q"] / 1e3,
    )
