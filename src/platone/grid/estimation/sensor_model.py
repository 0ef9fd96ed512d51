"""The sensors of an estimation as equations: what they measure and how exactly, without values."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from platone.grid.array import Complexes, Flags, Floats
from platone.grid.estimation.jacobian import Jacobian
from platone.grid.estimation.measurement_row import MeasurementRows

_HOLDING_STD_PU = 0.1
"""Per unit; so weak that no measurement notices it, and enough to keep what is undetermined in
place: nearly all of it would else drift along what charging and losses seem to tell."""


@dataclass(frozen=True, eq=False)
class SensorModel:
    """The places and standard deviations of all sensors; the values come later.

    Attributes:
        rows: The measured rows.
        std: Standard deviation of each row, in the model's units (per unit, rad); infinite where
            nothing is measured.
        constraints: Rows over (re, im) of the states that are exactly 0: the balances of nodes
            without consumers, then the angles from which others count.
        start: A state to start from, per unit.
        is_undetermined: States that nothing determines; they are held near the start.
    """

    rows: MeasurementRows
    std: Floats
    constraints: csr_array
    start: Complexes
    is_undetermined: Flags

    @cached_property
    def weight(self) -> Floats:
        """Return 1 / variance of each row."""
        return np.asarray(1 / self.std**2)

    @cached_property
    def is_measured(self) -> Flags:
        """Return which rows have a measurement."""
        return np.isfinite(self.std)

    @cached_property
    def jacobian(self) -> Jacobian:
        """Return the pattern of the measured rows' derivatives."""
        return Jacobian(self.rows, self.is_measured)

    @cached_property
    def holding_weight(self) -> Floats:
        """Return 1 / variance by which each state is held near the start; 0 where it is not."""
        return np.where(self.is_undetermined, _HOLDING_STD_PU**-2, 0.0)

    @property
    def degrees_of_freedom(self) -> int:
        """Return how many more numbers and exact equations there are than unknowns."""
        known = int(self.is_measured.sum()) + int(self.constraints.shape[0])
        return known - 2 * self.rows.states
