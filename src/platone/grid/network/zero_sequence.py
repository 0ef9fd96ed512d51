"""Branches of the zero sequence, and what of them a network does not tell.

The equal parts of the three phases' currents flow together through lines and earthed star points
and return through neutral and earth.
"""

import math
from collections.abc import Iterator

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.network.branch import Line, Transformer, Winding
from platone.grid.network.model import Branch, Network
from platone.grid.network.two_port import Pi
from platone.grid.network.vector_group import vector_group
from platone.grid.network.zero_star import faults_of_winding, pis_of_star, uncounted_deg
from platone.grid.network.zero_transformer import (
    NO_PATH,
    faults_of_transformer,
    pi_of_transformer,
)
from platone.grid.problem.network import Fault, FaultKind, UnbalancedDataInvalid

_LEAST_IMPEDANCE_OHM = 1e-9
"""Impedance taken as zero, ohm: its admittance costs others some nine of 16 digits."""


def zero_pis(network: Network, live: Flags) -> list[Pi]:
    """Return the zero sequence's branches, in the network's order.

    Args:
        network: A checked network.
        live: Whether a branch carries current at all; the others need no data.

    Raises:
        UnbalancedDataInvalid: With every element whose data are missing or cannot be used.
    """
    lives = dict(zip(network.branch_position, live.tolist(), strict=True))
    known = [each for each in network.branches if lives[each.id]]
    faults = [fault for branch in known for fault in _faults(branch)]
    if faults:
        raise UnbalancedDataInvalid(faults)
    omega = 2 * math.pi * network.frequency_hz
    pis = [_pi_of_line(each, omega) if lives[each.id] else NO_PATH for each in network.lines]
    pis += [pi_of_transformer(each) if lives[each.id] else NO_PATH for each in network.transformers]
    for unit in network.three_winding_transformers:
        is_live = lives[unit.windings[0].id]  # its windings meet in the star: all are or none
        pis += pis_of_star(unit) if is_live else [NO_PATH] * len(unit.windings)
    return pis


def uncounted_rad(network: Network, live: Flags) -> Floats:
    """Return the branches' lags besides what their two-ports turn, rad, shape (branches,).

    Voltages stay as the balanced calculation turns them: it is left out of the positive sequence,
    counts twice against it in the negative one, and once in the zero sequence.
    """
    lags = np.zeros(len(live))
    for place in np.flatnonzero(live):
        branch = network.branches[place]
        if isinstance(branch, Transformer):
            lags[place] = vector_group(branch).uncounted_deg
        elif isinstance(branch, Winding):
            lags[place] = uncounted_deg(branch)
    return np.deg2rad(lags)


def _faults(branch: Branch) -> Iterator[Fault]:
    if isinstance(branch, Line):
        yield from _faults_of_line(branch)
    elif isinstance(branch, Transformer):
        yield from faults_of_transformer(branch)
    else:
        yield from faults_of_winding(branch)


def _faults_of_line(line: Line) -> Iterator[Fault]:
    if line.zero_resistance_ohm is None or line.zero_reactance_ohm is None:
        reason = "its zero-sequence resistance or reactance is missing"
        yield Fault(line.id, FaultKind.MISSING_DATA, reason)
    elif line.zero_capacitance_nf is None and line.capacitance_nf:
        yield Fault(line.id, FaultKind.MISSING_DATA, "its zero-sequence capacitance is missing")
    elif abs(complex(line.zero_resistance_ohm, line.zero_reactance_ohm)) < _LEAST_IMPEDANCE_OHM:
        yield Fault(line.id, FaultKind.ZERO_IMPEDANCE, "its zero-sequence impedance is zero")


def _pi_of_line(line: Line, omega: float) -> Pi:
    farad = (line.zero_capacitance_nf or 0.0) * 1e-9
    given = line.zero_conductance_us
    siemens = (line.conductance_us if given is None else given) * 1e-6
    half = complex(siemens, omega * farad) / 2
    return Pi(complex(line.zero_resistance_ohm or 0.0, line.zero_reactance_ohm or 0.0), half, half)
