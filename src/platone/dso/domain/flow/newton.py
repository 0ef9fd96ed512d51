"""Newton's power flow of one state, with nodes whose voltage a generator holds.

Polar form (W. F. Tinney, C. E. Hart, IEEE Trans. PAS-86, 1967). The engine behind
:class:`platone.dso.domain.flow.state.PowerFlow` is faster, but knows no generators: this gives it
their reactive power to start from, and how voltages answer to it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, coo_array, csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from platone.dso.domain.array import Complexes, Floats, Places
from platone.dso.domain.flow.state import PowerFlowDiverged
from platone.dso.domain.network.circuit import Circuit

_TOLERANCE = 1e-9
_MAX_ITERATIONS = 30


@dataclass(frozen=True, slots=True)
class HeldState:
    """A state in which the generators hold their voltages.

    Attributes:
        voltage: Complex voltage at each node, pu; 0 where no source feeds it.
        generated: Complex power that each generator node injects, pu on 1 MVA.
        response: Change of the generator nodes' voltages (rows) by 1 pu of reactive power injected
            at each of them (columns), were the voltages not held.
    """

    voltage: Complexes
    generated: Complexes
    response: Floats


def hold_voltages(circuit: Circuit, injected: Complexes) -> HeldState:
    """Solve one state.

    Args:
        circuit: A circuit with generators.
        injected: Complex power injected at each node without the generators' reactive power, pu.

    Raises:
        PowerFlowDiverged: There is no solution.
    """
    held = circuit.generator_node
    of_angle = circuit.free
    of_magnitude = np.setdiff1d(of_angle, held)
    voltage = _turned(circuit, _start(circuit), injected)
    for _ in range(_MAX_ITERATIONS):
        current = circuit.admittance @ voltage
        mismatch = voltage * np.conj(current) - injected
        residual = np.concatenate([mismatch.real[of_angle], mismatch.imag[of_magnitude]])
        if np.abs(residual).max(initial=0.0) < _TOLERANCE:
            generated = (injected + mismatch)[held]
            return HeldState(voltage, generated, _response(circuit, voltage, of_angle, held))
        matrix = _jacobian(circuit.admittance, voltage, of_angle, of_magnitude)
        step = splu(matrix).solve(-residual)
        angle, magnitude = np.angle(voltage), np.abs(voltage)
        angle[of_angle] += step[: len(of_angle)]
        magnitude[of_magnitude] += step[len(of_angle) :]
        voltage = magnitude * np.exp(1j * angle)
        if not np.isfinite(voltage).all():
            break
    raise PowerFlowDiverged("No state holds all generators' voltages.", quarterHours=[])


def _start(circuit: Circuit) -> Complexes:
    """What the sources and the transformers' ratios make of a network that draws nothing."""
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
    return np.asarray(target * np.exp(1j * np.angle(voltage)))


def _turned(circuit: Circuit, voltage: Complexes, injected: Complexes) -> Complexes:
    """The start with angles that carry the active powers, by one step at these magnitudes."""
    free = circuit.free
    missing = (voltage * np.conj(circuit.admittance @ voltage) - injected).real[free]
    by_angle = _jacobian(circuit.admittance, voltage, free, free[:0])
    angle = np.angle(voltage)
    angle[free] -= splu(by_angle).solve(missing)
    return np.asarray(np.abs(voltage) * np.exp(1j * angle))


def _jacobian(
    admittance: csr_array, voltage: Complexes, of_angle: Places, of_magnitude: Places
) -> csc_array:
    """d(P at ``of_angle``, Q at ``of_magnitude``) / d(angle, magnitude)."""
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


def _response(circuit: Circuit, voltage: Complexes, free: Places, held: Places) -> Floats:
    matrix = _jacobian(circuit.admittance, voltage, free, free)
    rows = len(free) + np.searchsorted(free, held)
    unit = np.zeros((2 * len(free), len(held)))
    unit[rows, np.arange(len(held))] = 1.0
    return np.asarray(splu(matrix).solve(unit)[rows])
