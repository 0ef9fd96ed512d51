"""Symmetrical components, which balanced calculations such as state estimation take.

Source: C. L. Fortescue, "Method of symmetrical co-ordinates applied to the solution of polyphase
networks", Trans. AIEE 37 (1918).
"""

import cmath
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from platone.grid.phasor.component import PHASES
from platone.grid.phasor.power import Complexes
from platone.messages.phasor import Phase

_A = cmath.rect(1.0, 2 * math.pi / 3)
"""The operator that turns a phasor by a third of a turn."""
"""The operator that turns a phasor by a third of a turn."""
_TO_SEQUENCE = np.array([[1, 1, 1], [1, _A, _A**2], [1, _A**2, _A]]) / 3
_TURNED_TO_A = {Phase.A: 1.0 + 0j, Phase.B: _A, Phase.C: _A**2}


def symmetrical_components(phases: npt.ArrayLike) -> Complexes:
    """Return zero, positive and negative sequence.

    Args:
        phases: Phasors of A, B, C along the last axis: (..., 3).

    Returns:
        (..., 3), in the unit of the phasors; referred to phase A.
    """
    result: np.ndarray[Any, np.dtype[np.complex128]] = (
        np.asarray(phases, np.complex128) @ _TO_SEQUENCE.T
    )
    return result


def positive_sequence(
    phasors: Mapping[Phase, complex], *, assumes_balance: bool = False
) -> complex | None:
    """Return the positive sequence of voltages or currents, referred to phase A.

    Args:
        phasors: By phase, as in :class:`platone.grid.phasor.component.Component`; RMS,
            phase to ground, so that a bus at nominal voltage has its line voltage / sqrt(3).
        assumes_balance: Whether phases that are not known may be taken as those that are,
            turned by a third. With all three known it makes no difference.

    Returns:
        None where a phase is not known and balance is not assumed, or where none is known.
    """
    turned = [phasors[phase] * _TURNED_TO_A[phase] for phase in PHASES if phase in phasors]
    if not turned or (len(turned) < len(PHASES) and not assumes_balance):
        return None
    return sum(turned, 0j) / len(turned)
