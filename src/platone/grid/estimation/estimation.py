"""What is known of a network's state after an estimation."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from platone.grid.array import Complexes, Flags, Floats
from platone.grid.estimation.bad_data import ChiSquare, Residuals
from platone.grid.estimation.covariance import Covariance
from platone.grid.estimation.gain import Gain, Setting
from platone.grid.estimation.measurement import Measurement, Reading
from platone.grid.estimation.network_model import Ground
from platone.grid.estimation.placement import Placed
from platone.grid.estimation.uncertainty import Uncertainty, uncertainty


@dataclass(frozen=True, slots=True)
class Options:
    """How to estimate.

    Attributes:
        pseudo: Whether what is not observable is filled with what is expected.
        confidence: Of both tests of bad data.
        most_removed: How many numbers may be removed as bad.
    """

    pseudo: Literal["whereNeeded", "never"] = "whereNeeded"
    confidence: float = 0.99
    most_removed: int = 20


@dataclass(frozen=True, slots=True)
class BadDatum:
    """Numbers that look wrong.

    Attributes:
        readings: The number; several where they cannot be told from each other.
        normalised: Its normalised residual when it was found.
        error_std: The error that it is estimated to have, in its standard deviations.
        is_removed: Whether it was removed; what cannot be told apart stays.
    """

    readings: tuple[Reading, ...]
    normalised: float
    error_std: float
    is_removed: bool


@dataclass(frozen=True, eq=False)
class Estimation:
    """What is known of a network's state.

    Attributes:
        ground: The network.
        voltage: Of each fed node, pu.
        scaled: Residual of each row that counts, by the measurement's standard deviation.
        loose: Which of them nothing determines.
        hidden: Of which not even the magnitude is determined.
        placed: The measurements that it was made of, pseudo-measurements among them.
        setting: The same without what was removed.
        first_test: The chi-square test before anything was removed.
        test: The same in the end.
        limit: What a normalised residual may be.
        bad: What looked wrong, in the order in which it was found.
        open_nodes: Fed nodes that the measurements alone do not determine.
        pseudo: What was put in for them.
        conflicts: Readings of the same quantity that contradict each other.
    """

    ground: Ground
    voltage: Complexes
    scaled: Floats
    loose: Flags
    hidden: Flags
    placed: Placed
    setting: Setting
    first_test: ChiSquare
    test: ChiSquare
    limit: float
    bad: tuple[BadDatum, ...]
    open_nodes: Flags
    pseudo: tuple[Measurement, ...]
    conflicts: tuple[tuple[Reading, ...], ...]
    _covariance: Covariance | None

    @property
    def kept(self) -> Flags:
        """Rows that count; removed ones do not."""
        return self.setting.measured

    @cached_property
    def covariance(self) -> Covariance:
        """That of the state."""
        return self._covariance or Covariance(Gain(self.setting, self.voltage))

    @property
    def residuals(self) -> Residuals:
        """Of the rows that count."""
        return Residuals(self.scaled, self.covariance.left)

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """Standard deviations of voltages and currents."""
        return uncertainty(self.ground, self.covariance, self.voltage)

    @property
    def critical(self) -> tuple[Reading, ...]:
        """Readings without which the state would not be observable: no test can judge them."""
        rows = np.flatnonzero(self.kept)[self.residuals.critical]
        return tuple(each for row in rows.tolist() for each in self.placed.readings[row])
