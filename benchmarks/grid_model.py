"""power-grid-model's state estimation of our circuits: an independent engine to compare with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    MeasuredTerminalType,
    PowerGridModel,
    initialize_array,
)

from platone.grid.estimation.measurement import (
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel


class GridModelEstimate:
    """Branches keep their charging, so that what enters them is what was measured.

    Args:
        network_model: The network; branches with the same admittance to earth at both ends only.
        measurements: Voltages, and powers with both parts, of branches and of whole buses.
    """

    def __init__(self, network_model: NetworkModel, measurements: Sequence[Measurement]) -> None:
        self._network_model, self._circuit = network_model, network_model.circuit
        self._ports = self._circuit.ports
        self._nodes, self._branches = self._circuit.nodes, len(self._ports.series)
        by_kind: dict[type, list[Any]] = {}
        for each in measurements:
            by_kind.setdefault(type(each), []).append(each)
        self._model_input = self._components() | self._sensors(by_kind)
        self.model = PowerGridModel(self._model_input)

    def _components(self) -> dict[ComponentType, np.ndarray]:
        ports, nodes = self._ports, self._nodes
        node = initialize_array(DatasetType.input, ComponentType.node, nodes)
        node["id"], node["u_rated"] = np.arange(nodes), self._circuit.node_kv * 1e3
        closed = ports.closed.all(axis=1)
        branch = initialize_array(DatasetType.input, ComponentType.generic_branch, self._branches)
        branch["id"] = nodes + np.arange(self._branches)
        branch["from_node"], branch["to_node"] = ports.from_node, ports.to_node
        branch["from_status"] = branch["to_status"] = closed
        ohm = self._circuit.node_kv[ports.to_node] ** 2
        branch["r1"], branch["x1"] = (ohm / ports.series).real, (ohm / ports.series).imag
        both = ports.from_shunt + ports.to_shunt
        branch["g1"], branch["b1"] = (both / ohm).real, (both / ohm).imag
        branch["k"], branch["theta"] = np.abs(ports.ratio), np.angle(ports.ratio)
        branch["sn"] = 1e6
        source = initialize_array(
            DatasetType.input, ComponentType.source, len(self._circuit.source_node)
        )
        source["id"] = 100_000 + np.arange(len(source))
        source["node"], source["status"] = self._circuit.source_node, 1
        source["u_ref"], source["sk"] = np.abs(self._circuit.source_voltage), 1e20
        # what is open at one end still charges: to earth at the other
        charging = self._circuit.shunt.copy()
        np.add.at(charging, ports.from_node, np.where(closed, 0, ports.y_ff))
        np.add.at(charging, ports.to_node, np.where(closed, 0, ports.y_tt))
        siemens = charging / self._circuit.node_kv**2
        shunt = initialize_array(DatasetType.input, ComponentType.shunt, nodes)
        shunt["id"], shunt["node"], shunt["status"] = (
            200_000 + np.arange(nodes),
            np.arange(nodes),
            1,
        )
        shunt["g1"], shunt["b1"] = siemens.real, siemens.imag
        return {
            ComponentType.node: node,
            ComponentType.generic_branch: branch,
            ComponentType.source: source,
            ComponentType.shunt: shunt,
        }

    def _sensors(self, by_kind: dict[type, list[Any]]) -> dict[ComponentType, np.ndarray]:
        network, connections = self._network_model.network, self._network_model.connections
        injections: list[Injection] = by_kind.get(Injection, [])
        load = initialize_array(DatasetType.input, ComponentType.sym_load, len(injections))
        load["id"] = 300_000 + np.arange(len(load))
        load["node"] = [connections.node_of_bus[each.element] for each in injections]
        load["status"], load["type"] = 1, LoadGenType.const_power
        load["p_specified"] = load["q_specified"] = 0.0
        branches: list[BranchPower] = by_kind.get(BranchPower, [])
        powers = [*branches, *injections]
        sensor = initialize_array(DatasetType.input, ComponentType.sym_power_sensor, len(powers))
        sensor["id"] = 400_000 + np.arange(len(sensor))
        of_branch = [self._nodes + network.branch_position[each.branch] for each in branches]
        sensor["measured_object"] = [*of_branch, *load["id"]]
        ends = {"from": MeasuredTerminalType.branch_from, "to": MeasuredTerminalType.branch_to}
        types = [ends[each.end] for each in branches]
        sensor["measured_terminal_type"] = [*types, *[MeasuredTerminalType.load] * len(load)]
        for part, unit in (("p", "kw"), ("q", "kvar")):
            sensor[f"{part}_measured"] = [getattr(each, f"{part}_{unit}") * 1e3 for each in powers]
            sensor[f"{part}_sigma"] = [getattr(each, f"std_{unit}") * 1e3 for each in powers]
        sensor["power_sigma"] = np.hypot(sensor["p_sigma"], sensor["q_sigma"])
        voltages: list[VoltageMeasurement] = by_kind.get(VoltageMeasurement, [])
        voltage = initialize_array(
            DatasetType.input, ComponentType.sym_voltage_sensor, len(voltages)
        )
        voltage["id"] = 500_000 + np.arange(len(voltages))
        voltage["measured_object"] = [connections.node_of_bus[each.bus] for each in voltages]
        voltage["u_measured"] = [each.voltage_kv * 1e3 for each in voltages]
        voltage["u_sigma"] = [each.std_kv * 1e3 for each in voltages]
        return {
            ComponentType.sym_load: load,
            ComponentType.sym_power_sensor: sensor,
            ComponentType.sym_voltage_sensor: voltage,
        }

    def voltage(self) -> np.ndarray:
        """The estimated voltages of the fed nodes, pu."""
        output = self.model.calculate_state_estimation(
            calculation_method=CalculationMethod.newton_raphson, error_tolerance=1e-8
        )[ComponentType.node]
        found: np.ndarray = output["u_pu"] * np.exp(1j * output["u_angle"])
        return found[self._network_model.fed]
