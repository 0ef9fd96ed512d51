"""The balanced power flow by power-grid-model (MPL-2.0), one batch for all scenarios.

The library gets the circuit: every branch as its series impedance behind an ideal ratio, and at
each node one shunt for all that leads to earth there. It gives the voltages back; currents and
powers follow from them (:class:`platone.grid.flow.state.Flow`).

The library has no node whose voltage a generator holds. So the generators' reactive powers are
iterated around it: solve, compare voltages, correct by the response dV/dQ of one mean state
(:mod:`platone.grid.flow.newton`). What that does not solve is solved state by state.
"""

import threading
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    initialize_array,
)
from power_grid_model.errors import (  # type: ignore[attr-defined]  # it names no exports
    PowerGridBatchError,
    PowerGridError,
)

from platone.grid.flow.newton import hold_voltages
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.flow.variant import differences
from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network
from platone.grid.network.two_port import BASE_MVA
from platone.grid.problem.calculation import PowerFlowDiverged

_IDEAL_SOURCE_VA = 1e20
"""Short-circuit power of an ideal source, VA; the library's 1e10 shifts the voltage by 0.3 %."""
_NEWTON_TOLERANCE_PU = 1e-8
"""Change of any voltage in Newton's last step, pu; finer ones diverge on some networks. Held
voltages are met to this, too."""
_CURRENT_TOLERANCE_PU = 1e-10
"""Tolerance of iterated currents, per unit; their error is about as large as their last change."""
_MAX_ITERATIONS = 50
"""Steps of either method, at most: near collapse of the voltage iterated currents need many."""
_ALL_THREADS = 0
"""The library's word for as many threads as there are processors."""
_MAX_ROUNDS = 20
"""Corrections of the generators' reactive powers, at most; beyond them Newton's method is surer."""
_GENERATORS_A_SOLVE = 20
"""Generators whose response to each other costs as much as one state by Newton's method."""
_OUTPUT: Any = {ComponentType.node: ["u_pu", "u_angle"]}
"""The results that are asked of the library."""


class _Solver:
    """The library's model of one network, used by one call at a time because use changes it."""

    def __init__(self, network: Network) -> None:
        self._base = self._now = model_input(circuit_of(network))
        self._model = PowerGridModel(self._base)
        self._lock = threading.Lock()

    def voltages(
        self, update: np.ndarray, variant: Circuit | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the magnitudes, pu, and angles, rad, at the nodes, shape (scenarios, nodes).

        Args:
            update: The library's array of loads, shape (scenarios, loads).
            variant: The network's circuit with other branches switched off; none: its own.

        Raises:
            PowerFlowDiverged: With the places of the scenarios that have no solution.
        """
        with self._lock:
            wanted = self._base if variant is None else model_input(variant)
            if self._now is not wanted:
                self._model.update(update_data=differences(self._now, wanted))
                self._now = wanted
            return self._voltages(update)

    def _voltages(self, update: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solve by iterated currents, the faster method, or by Newton's, the surer one."""
        try:
            return self._solve(update, CalculationMethod.iterative_current, _CURRENT_TOLERANCE_PU)
        except PowerGridError:
            return self._newton(update)

    def _newton(self, update: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solve by Newton's method, and name the scenarios that fail."""
        try:
            return self._solve(update, CalculationMethod.newton_raphson, _NEWTON_TOLERANCE_PU)
        except PowerGridBatchError as error:
            failed = [int(place) for place in error.failed_scenarios]
            raise _diverged(failed, len(update)) from error
        except PowerGridError as error:
            raise _diverged(list(range(len(update))), len(update)) from error

    def _solve(
        self, update: np.ndarray, method: CalculationMethod, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Solve by one of the library's methods."""
        options: Any = {
            "calculation_method": method,
            "error_tolerance": tolerance,
            "max_iterations": _MAX_ITERATIONS,
            "output_component_types": _OUTPUT,
        }
        if len(update) == 1:  # a batch of one costs the library a copy of its model
            self._model.update(update_data={ComponentType.sym_load: update[0]})
        else:
            options |= {
                "update_data": {ComponentType.sym_load: update},
                "threading": _ALL_THREADS,
            }
        node = self._model.calculate_power_flow(**options)[ComponentType.node]
        shape = len(update), -1
        return node["u_pu"].reshape(shape), node["u_angle"].reshape(shape)


def _diverged(failed: list[int], count: int, fault: str = "has no solution") -> PowerFlowDiverged:
    """Return the error that names the failed ones of a number of scenarios."""
    detail = f"The power flow {fault} in {len(failed)} of {count} scenarios."
    return PowerFlowDiverged(detail, quarterHours=failed)


class GridModelPowerFlow:
    """An engine that solves balanced power flows; safe to share between threads.

    The library's models are kept as long as their networks live.
    """

    def __init__(self) -> None:
        self._solvers: WeakKeyDictionary[Network, _Solver] = WeakKeyDictionary()

    def solve(self, network: Network, power: ConsumerPower) -> Flow:
        """Return the states of all scenarios, with voltages to 1e-8 pu.

        Raises:
            PowerFlowDiverged: With the places of the scenarios that have no solution.
        """
        infinite = np.flatnonzero(~np.isfinite(power.p_kw + power.q_kvar).all(axis=1))
        if len(infinite):
            raise _diverged(infinite.tolist(), len(power.p_kw), "is not told in finite numbers")
        solver, circuit = self._solver(network), circuit_of(network)
        if len(circuit.generator_node):
            return _with_generators(solver, network, power)
        return Flow(network, *solver.voltages(load_update(circuit, power)), power)

    def solve_variants(
        self, base: Network, variants: Iterable[Network], power: ConsumerPower
    ) -> Iterator[Flow | PowerFlowDiverged]:
        """Yield the states of each variant of a network, or the places of those that it has not.

        One batch of all variants and scenarios would be as fast, but the library loses its errors.
        """
        solver, update = self._solver(base), load_update(circuit_of(base), power)
        for each in variants:
            circuit = circuit_of(each)
            try:
                if len(circuit.generator_node):
                    yield self.solve(each, power)
                else:
                    yield Flow(each, *solver.voltages(update, circuit), power)
            except PowerFlowDiverged as error:
                yield error

    def _solver(self, network: Network) -> _Solver:
        """Return the solver of a network, made when it is first asked for."""
        solver = self._solvers.get(network)
        if solver is None:
            solver = self._solvers[network] = _Solver(network)
        return solver


def _with_generators(solver: _Solver, network: Network, power: ConsumerPower) -> Flow:
    """Change the generators' reactive powers until they hold their voltages in every scenario."""
    circuit = circuit_of(network)
    injected = _injected(circuit, power)
    if len(injected) * _GENERATORS_A_SOLVE <= max(len(circuit.generator_node), _GENERATORS_A_SOLVE):
        return _one_by_one(network, power, injected)
    try:
        start = hold_voltages(circuit, injected.mean(axis=0))
    except PowerFlowDiverged:  # one scenario without a solution is enough: see which
        return _one_by_one(network, power, injected)
    held = circuit.generator_node
    q_mvar = (start.generated - injected[:, held]).imag * BASE_MVA
    update = load_update(circuit, power)
    for _ in range(_MAX_ROUNDS):
        update["q_specified"][:, -len(held) :] = -q_mvar * 1e6
        try:
            flow = Flow(network, *solver.voltages(update), power)
        except PowerFlowDiverged:  # the library starts flat, which is too far from some states
            break
        missing_pu = circuit.generator_pu - flow.node_pu[:, held]
        if np.abs(missing_pu).max() < _NEWTON_TOLERANCE_PU:
            return flow
        q_mvar += np.linalg.solve(start.response, missing_pu.T).T * BASE_MVA
    return _one_by_one(network, power, injected)


def _one_by_one(network: Network, power: ConsumerPower, injected: np.ndarray) -> Flow:
    """Solve state by state with our own Newton's method, which knows generators.

    Args:
        network: The network.
        power: Power that the consumers withdraw.
        injected: Power injected at each node, complex, pu, shape (scenarios, nodes).

    Raises:
        PowerFlowDiverged: With the places of the scenarios that have no solution.
    """
    states, failed = [], []
    for place, each in enumerate(injected):
        try:
            states.append(hold_voltages(circuit_of(network), each).voltage)
        except PowerFlowDiverged:
            failed.append(place)
    if failed:
        raise _diverged(failed, len(injected))
    voltage = np.stack(states)
    return Flow(network, np.abs(voltage), np.angle(voltage), power)


def _injected(circuit: Circuit, power: ConsumerPower) -> np.ndarray:
    """Return the power injected at each node but for the generators' reactive power.

    Complex, pu, shape (scenarios, nodes).
    """
    injected = np.zeros((len(power.p_kw), circuit.nodes), complex)
    np.add.at(injected.T, circuit.consumer_node, -(power.p_kw + 1j * power.q_kvar).T)
    injected[:, circuit.generator_node] -= circuit.generator_kw
    return np.asarray(injected * circuit.fed / (BASE_MVA * 1e3))


def load_update(circuit: Circuit, power: ConsumerPower) -> np.ndarray:
    """Return the powers as the library's array of loads.

    Shape (scenarios, consumers and generator nodes), in W and var.
    """
    scenarios, consumers = power.p_kw.shape
    shape = scenarios, consumers + len(circuit.generator_node)
    update = initialize_array(DatasetType.update, ComponentType.sym_load, shape)
    update["id"] = _first_load(circuit) + np.arange(shape[1])
    update["p_specified"][:, :consumers] = power.p_kw * 1e3
    update["q_specified"][:, :consumers] = power.q_kvar * 1e3
    update["p_specified"][:, consumers:] = circuit.generator_kw * 1e3
    update["q_specified"][:, consumers:] = 0.0
    return update


def _first_load(circuit: Circuit) -> int:
    """Return the library's identifier of the first load."""
    return 2 * circuit.nodes + len(circuit.ports.series) + len(circuit.source_node)


def model_input(circuit: Circuit) -> dict[ComponentType, np.ndarray]:
    """Return the circuit as the library's input.

    Identifiers count through nodes, branches, sources, shunts (one a node), consumers, and nodes
    with generators.
    """
    node = initialize_array(DatasetType.input, ComponentType.node, circuit.nodes)
    node["id"] = np.arange(circuit.nodes)
    node["u_rated"] = circuit.node_kv * 1e3
    source = initialize_array(DatasetType.input, ComponentType.source, len(circuit.source_node))
    source["id"] = circuit.nodes + len(circuit.ports.series) + np.arange(len(source))
    source["node"] = circuit.source_node
    source["status"] = 1
    source["u_ref"] = np.abs(circuit.source_voltage)
    source["u_ref_angle"] = np.angle(circuit.source_voltage)
    source["sk"] = _IDEAL_SOURCE_VA
    load_node = np.concatenate([circuit.consumer_node, circuit.generator_node])
    load = initialize_array(DatasetType.input, ComponentType.sym_load, len(load_node))
    load["id"] = _first_load(circuit) + np.arange(len(load))
    load["node"] = load_node
    load["status"] = 1
    load["type"] = LoadGenType.const_power
    load["p_specified"] = 0.0
    load["q_specified"] = 0.0
    return {
        ComponentType.node: node,
        ComponentType.source: source,
        ComponentType.sym_load: load,
        ComponentType.generic_branch: _branches(circuit),
        ComponentType.shunt: _shunts(circuit),
    }


def _branches(circuit: Circuit) -> np.ndarray:
    """Return the library's branches: series impedances in ohm behind ideal ratios."""
    ports = circuit.ports
    array = initialize_array(DatasetType.input, ComponentType.generic_branch, len(ports.series))
    carrying = _carrying(circuit)
    series_ohm = circuit.node_kv[ports.to_node] ** 2 / BASE_MVA / ports.series
    array["id"] = circuit.nodes + np.arange(len(array))
    array["from_node"] = ports.from_node
    # the library takes no branch whose ends are one node; such a one is off, so any other will do
    joined = ports.from_node == ports.to_node
    array["to_node"] = np.where(joined, (ports.to_node + 1) % circuit.nodes, ports.to_node)
    array["from_status"] = array["to_status"] = carrying
    array["r1"], array["x1"] = series_ohm.real, series_ohm.imag
    array["g1"] = array["b1"] = 0.0
    array["k"], array["theta"] = np.abs(ports.ratio), np.angle(ports.ratio)
    array["sn"] = BASE_MVA * 1e6
    return array


def _carrying(circuit: Circuit) -> np.ndarray:
    """Return whether each branch is closed between two nodes; one at a single node is a shunt."""
    ports = circuit.ports
    return np.asarray(ports.closed.all(axis=1) & (ports.from_node != ports.to_node))


def _shunts(circuit: Circuit) -> np.ndarray:
    """Return the library's shunts, one a node: all admittances to earth there, in siemens."""
    ports = circuit.ports
    series = np.where(_carrying(circuit), ports.series, 0)
    earth = circuit.shunt.copy()
    np.add.at(earth, ports.from_node, ports.y_ff - series / np.abs(ports.ratio) ** 2)
    np.add.at(earth, ports.to_node, ports.y_tt - series)
    joined = ports.from_node == ports.to_node
    np.add.at(earth, ports.from_node[joined], (ports.y_ft + ports.y_tf)[joined])
    siemens = earth * BASE_MVA / circuit.node_kv**2
    array = initialize_array(DatasetType.input, ComponentType.shunt, circuit.nodes)
    array["id"] = _first_load(circuit) - circuit.nodes + np.arange(circuit.nodes)
    array["node"] = np.arange(circuit.nodes)
    array["status"] = 1
    array["g1"], array["b1"] = siemens.real, siemens.imag
    return array
