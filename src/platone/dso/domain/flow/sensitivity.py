"""How each limit's excess moves with each consumer's power, from our own Jacobian.

At a solved state the mismatch F(x) = S(x) - S_injected is zero, so dx = J^-1 dS and, for any
measure g(x), dg = (J^-T dg/dx) . dS: one transposed solve gives the effect of every bus on one
limit (the adjoint). Polar Jacobian: R. D. Zimmerman, MATPOWER Technical Note 2, 2010.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from platone.dso.domain.array import Complexes, Floats
from platone.dso.domain.flow.limit import Limits
from platone.dso.domain.flow.state import Flow
from platone.dso.domain.network.circuit import circuit_of
from platone.dso.domain.network.two_port import BASE_MVA


@dataclass(frozen=True, slots=True)
class Effect:
    """Change of the limits' relative excess by one more kW or kvar withdrawn.

    Attributes:
        per_kw: Shape (limits asked for, consumers).
        per_kvar: The same shape.
    """

    per_kw: Floats
    per_kvar: Floats


class Sensitivity:
    """The derivatives of a network's limits.

    Args:
        limits: The limits of a checked network.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._circuit = circuit_of(limits.network)
        self._free = self._circuit.free

    def at(self, flow: Flow, scenario: int, which: Sequence[int]) -> Effect:
        """The effects on some limits in the state of one scenario."""
        voltage = flow.voltage[scenario]
        gradient = np.stack([self._gradient(voltage, limit) for limit in which], axis=1)
        free, count = self._free, len(voltage)
        state = np.concatenate([free, free + count])
        solution = splu(self._jacobian(voltage).tocsc()).solve(gradient[state], trans="T")
        by_bus = np.zeros((2, count, len(which)))
        by_bus[:, free] = solution.reshape(2, len(free), len(which))
        # consumers withdraw, the equations count what is injected; the base is in MW
        per_unit = -by_bus[:, self._circuit.consumer_node] / (BASE_MVA * 1e3)
        return Effect(per_kw=per_unit[0].T, per_kvar=per_unit[1].T)

    def mismatch_kva(self, flow: Flow, scenario: int) -> float:
        """Largest difference between the state's node powers and our own equations."""
        voltage, circuit = flow.voltage[scenario], self._circuit
        injected = voltage * np.conj(circuit.admittance @ voltage) * BASE_MVA * 1e3
        power = flow.power.p_kw[scenario] + 1j * flow.power.q_kvar[scenario]
        np.add.at(injected, circuit.consumer_node, power)
        return float(np.abs(injected)[self._free].max(initial=0.0))

    def _jacobian(self, voltage: Complexes) -> csr_array:
        """d(P, Q) / d(angle, magnitude) of the buses that no source holds."""
        current = self._circuit.admittance @ voltage
        v, i = diags_array(voltage), diags_array(current)
        direction = diags_array(voltage / np.abs(voltage))
        y = self._circuit.admittance
        by_angle = 1j * v @ (i - y @ v).conj()
        by_magnitude = v @ (y @ direction).conj() + i.conj() @ direction
        rows = [part.tocsr()[self._free][:, self._free] for part in (by_angle, by_magnitude)]
        return block_array(
            [[rows[0].real, rows[1].real], [rows[0].imag, rows[1].imag]], format="csr"
        )

    def _gradient(self, voltage: Complexes, limit: int) -> Floats:
        """d(excess) / d(angles, magnitudes) over all buses."""
        kind, place = self._limits.locate(limit)
        count = len(voltage)
        gradient = np.zeros(2 * count)
        if kind >= 2:  # noqa: PLR2004 - kinds 2 and 3 are voltages
            sign = 1.0 if kind == 2 else -1.0  # noqa: PLR2004
            node = self._circuit.node_of_bus[place]
            gradient[count + node] = sign / self._limits.band_pu[place]
            return gradient
        ports = self._circuit.ports
        f, t = int(ports.from_node[place]), int(ports.to_node[place])
        y_f, y_t = (ports.y_ff, ports.y_tf)[kind][place], (ports.y_ft, ports.y_tt)[kind][place]
        parts = {f: y_f * voltage[f], t: y_t * voltage[t]}
        current = parts[f] + parts[t]
        if current == 0:
            return gradient
        base_a = (ports.from_base_a, ports.to_base_a)[kind][place]
        scale = base_a / (self._limits.from_a, self._limits.to_a)[kind][place]
        direction = np.conj(current) / abs(current) * scale
        for bus, part in parts.items():
            gradient[bus] = (direction * 1j * part).real
            gradient[count + bus] = (direction * part).real / abs(voltage[bus])
        return gradient
