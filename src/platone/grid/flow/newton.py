"""Newton's power flow of a single state, with nodes whose voltage a generator holds.

Polar form (W. F. Tinney, C. E. Hart, IEEE Trans. PAS-86, 1967). The engine behind
:class:`platone.grid.flow.state.PowerFlow` is faster, but knows no generators: this gives it
their reactive power to start from, and how voltages answer to it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import block_array, coo_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from platone.grid.array import Complexes, Floats, Places
from platone.grid.network.circuit import Circuit
from platone.grid.problem.calculation import PowerFlowDiverged

_TOLERANCE_PU = 1e-9
"""Power that may be missing at a node, pu of 1 MVA: a milliwatt."""
_MAX_ITERATIONS = 30
"""Steps, at most: from a start that leads anywhere Newton's method needs far fewer."""
_ROUNDING = 1e-14
"""Rounding of a node's sum of powers, by the sum of their sizes: some units in the last place."""


@dataclass(frozen=True, eq=False)
class HeldState:
    """A solved state in which the generators hold their voltages.

    Attributes:
        circuit: The circuit.
        voltage: Complex voltage at each node, pu, shape (nodes,); 0 where no source feeds it.
        generated: Complex power that each generator node injects, pu of 1 MVA.
    """

    circuit: Circuit
    voltage: Complexes
    generated: Complexes

    @cached_property
    def response(self) -> Floats:
        """Return dV/dQ among the generator nodes, were their voltages not held, pu by pu of 1 MVA.

        The change of each one's voltage (rows) by reactive power injected at each (columns), shape
        (generator nodes, generator nodes); it takes one solve for each.
        """
        free, held = self.circuit.free, self.circuit.generator_node
        matrix = _jacobian(self.circuit.admittance, self.voltage, free, free)
        rows = len(free) + np.searchsorted(free, held)
        unit = np.zeros((2 * len(free), len(held)))
        unit[rows, np.arange(len(held))] = 1.0
        return np.asarray(splu(matrix).solve(unit)[rows])


def hold_voltages(circuit: Circuit, injected: Complexes) -> HeldState:
    """Solve one state, from a start by reactances, and if that fails from the unloaded network.

    Args:
        circuit: A circuit with generators.
        injected: Complex power injected at each node without the generators' reactive power, pu of
            1 MVA, shape (nodes,).

    Raises:
        PowerFlowDiverged: There is no solution.
    """
    unknowns = circuit.free, np.setdiff1d(circuit.free, circuit.generator_node)
    with np.errstate(all="ignore"):  # a state that runs away is told below
        for start in (_by_reactances, _unloaded):
            try:
                found = _solved(circuit, start(circuit, injected), injected, unknowns)
            except RuntimeError:  # splu: the matrix is singular
                found = None
            if found is not None:
                return found
    raise PowerFlowDiverged("No state holds all generators' voltages.", quarterHours=[])


def _solved(
    circuit: Circuit, voltage: Complexes, injected: Complexes, unknowns: tuple[Places, Places]
) -> HeldState | None:
    """Return the state to which Newton's method leads from a start, or none.

    Args:
        circuit: The circuit.
        voltage: Complex voltages to start from, pu, shape (nodes,).
        injected: Complex power injected at each node, pu of 1 MVA, shape (nodes,).
        unknowns: The nodes with an unknown angle, and those with an unknown magnitude.
    """
    of_angle, of_magnitude = unknowns
    held = circuit.generator_node
    size = abs(circuit.admittance)
    for _ in range(_MAX_ITERATIONS):
        mismatch = voltage * np.conj(circuit.admittance @ voltage) - injected
        residual = np.concatenate([mismatch.real[of_angle], mismatch.imag[of_magnitude]])
        # no finer than the terms can be summed
        rounding = _ROUNDING * (np.abs(voltage) * (size @ np.abs(voltage)))
        bound = _TOLERANCE_PU + np.concatenate([rounding[of_angle], rounding[of_magnitude]])
        if (np.abs(residual) < bound).all():
            generated = (injected + mismatch)[held]
            return HeldState(circuit, voltage, generated)
        matrix = _jacobian(circuit.admittance, voltage, of_angle, of_magnitude)
        step = splu(matrix).solve(-residual)
        angle, magnitude = np.angle(voltage), np.abs(voltage)
        angle[of_angle] += step[: len(of_angle)]
        magnitude[of_magnitude] += step[len(of_angle) :]
        voltage = magnitude * np.exp(1j * angle)
        if not np.isfinite(voltage).all():
            break
    return None


def _unloaded(circuit: Circuit, injected: Complexes) -> Complexes:
    """Return a start: the unloaded network's magnitudes at angles that carry the active powers."""
    free, held, p = circuit.free, circuit.source_node, circuit.ports
    series = np.where(p.closed.all(axis=1), p.series, 0)
    first, second = p.from_node, p.to_node
    rows = np.concatenate([first, first, second, second])
    columns = np.concatenate([first, second, first, second])
    values = np.concatenate(
        [series / np.abs(p.ratio) ** 2, -series / np.conj(p.ratio), -series / p.ratio, series]
    )
    # no charging: without load and voltage control it would lift long lines far from any solution
    unloaded = coo_array((values, (rows, columns)), shape=(circuit.nodes, circuit.nodes)).tocsr()
    voltage = np.zeros(circuit.nodes, complex)
    voltage[held] = circuit.source_voltage
    rows_free = unloaded[free]
    voltage[free] = splu(rows_free[:, free].tocsc()).solve(-(rows_free[:, held] @ voltage[held]))
    target = np.abs(voltage)
    target[circuit.generator_node] = circuit.generator_pu
    return _turned(circuit, target * np.exp(1j * np.angle(voltage)), injected)


def _by_reactances(circuit: Circuit, injected: Complexes) -> Complexes:
    """Return a start: nominal magnitudes at the angles of the linear (DC) power flow.

    It is sure in wide transmission networks. Source: B. Stott, J. Jardim, O. Alsac, IEEE Trans.
    Power Systems 24 (2009) 1290.
    """
    p, nodes = circuit.ports, circuit.nodes
    reactance = (1 / p.series).imag
    useful = p.closed.all(axis=1) & (reactance != 0)
    weight = np.divide(1, reactance, out=np.zeros_like(reactance), where=useful)
    ends = np.concatenate([p.from_node, p.to_node])
    others = np.concatenate([p.to_node, p.from_node])
    both = np.concatenate([weight, weight])
    values, rows = np.concatenate([both, -both]), np.concatenate([ends, ends])
    places = rows, np.concatenate([ends, others])
    matrix = coo_array((values, places), shape=(nodes, nodes)).tocsr()
    power = injected.real.copy()
    shifted = weight * np.angle(p.ratio)
    np.add.at(power, p.from_node, shifted)
    np.add.at(power, p.to_node, -shifted)
    angle, free = np.zeros(nodes), circuit.free
    angle[circuit.source_node] = np.angle(circuit.source_voltage)
    angle[free] = splu(matrix[free][:, free].tocsc()).solve((power - matrix @ angle)[free])
    magnitude = circuit.fed.astype(np.float64)
    magnitude[circuit.source_node] = np.abs(circuit.source_voltage)
    magnitude[circuit.generator_node] = circuit.generator_pu
    return np.asarray(magnitude * np.exp(1j * angle))


def _turned(circuit: Circuit, voltage: Complexes, injected: Complexes) -> Complexes:
    """Return voltages turned to carry the active powers, by one step at their magnitudes."""
    free = circuit.free
    missing = (voltage * np.conj(circuit.admittance @ voltage) - injected).real[free]
    by_angle = _jacobian(circuit.admittance, voltage, free, free[:0])
    angle = np.angle(voltage)
    angle[free] -= splu(by_angle).solve(missing)
    return np.asarray(np.abs(voltage) * np.exp(1j * angle))


def _jacobian(
    admittance: csr_array, voltage: Complexes, of_angle: Places, of_magnitude: Places
) -> csc_array:
    """Return the Jacobian d(P at ``of_angle``, Q at ``of_magnitude``) / d(angle, magnitude)."""
    v, i = diags_array(voltage), diags_array(admittance @ voltage)
    direction = diags_array(np.exp(1j * np.angle(voltage)))
    by_angle = (1j * v @ (i - admittance @ v).conj()).tocsr()
    by_magnitude = (v @ (admittance @ direction).conj() + i.conj() @ direction).tocsr()
    return block_array(
        [
            [by_angle[of_angle][:, of_angle].real, by_magnitude[of_angle][:, of_magnitude].real],
            [
                by_angle[of_magnitude][:, of_angle].imag,
                by_magnitude[of_magnitude][:, of_magnitude].imag,
            ],
        ],
        format="csc",
    )
