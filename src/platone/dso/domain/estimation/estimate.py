"""State estimation from measurements to the state, its uncertainty, and what is wrong with them."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from platone.dso.domain.array import Complexes, Flags, Floats
from platone.dso.domain.estimation.bad_data import ChiSquare, Residuals, suspects
from platone.dso.domain.estimation.check import faults
from platone.dso.domain.estimation.covariance import Covariance
from platone.dso.domain.estimation.estimator import Estimator
from platone.dso.domain.estimation.ground import Ground
from platone.dso.domain.estimation.measurement import Measurement, Reading
from platone.dso.domain.estimation.observability import Undetermined, undetermined
from platone.dso.domain.estimation.placement import Placed, place
from platone.dso.domain.estimation.problem import MeasurementsInvalid, NothingObservable
from platone.dso.domain.estimation.pseudo import Expected, expected_powers, set_voltages
from platone.dso.domain.estimation.uncertainty import Uncertainty, uncertainty

CONFLICT_STD = 5.0
"""Two measurements of the same this many standard deviations apart contradict each other."""


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
        loose: Which of them nothing determines.
        hidden: Of which not even the magnitude is determined.
        placed: The measurements that it was made of, pseudo-measurements among them.
        kept: Rows that count; removed ones do not.
        first_test: The chi-square test before anything was removed.
        test: The same in the end.
        limit: What a normalised residual may be.
        bad: What looked wrong, in the order in which it was found.
        open_nodes: Fed nodes that the measurements alone do not determine.
        pseudo: What was put in for them.
        conflicts: Readings of the same quantity that contradict each other.
        covariance: That of the state.
        residuals: Of the rows that count.
    """

    ground: Ground
    voltage: Complexes
    loose: Flags
    hidden: Flags
    placed: Placed
    kept: Flags
    first_test: ChiSquare
    test: ChiSquare
    limit: float
    bad: tuple[BadDatum, ...]
    open_nodes: Flags
    pseudo: tuple[Measurement, ...]
    conflicts: tuple[tuple[Reading, ...], ...]
    covariance: Covariance
    residuals: Residuals

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """Standard deviations of voltages and currents."""
        return uncertainty(self.ground, self.covariance, self.voltage)

    @property
    def critical(self) -> tuple[Reading, ...]:
        """Readings without which the state would not be observable: no test can judge them."""
        rows = np.flatnonzero(self.kept)[self.residuals.critical]
        return tuple(each for row in rows.tolist() for each in self.placed.readings[row])


def estimate(
    ground: Ground,
    measurements: Sequence[Measurement],
    expected: Expected | None = None,
    options: Options | None = None,
) -> Estimation:
    """The most likely state behind measurements.

    Args:
        ground: The network.
        measurements: What was measured in one instant.
        expected: What consumers are expected to withdraw, for what is not observable.
        options: How to estimate.

    Raises:
        MeasurementsInvalid: Measurements do not fit the network.
        NothingObservable: They determine no voltage at all.
        EstimationDiverged: No state comes near them.
    """
    options = options or Options()
    found = faults(ground.network, measurements)
    if found:
        raise MeasurementsInvalid(found)
    placed, before = _placed(ground, measurements)
    after, pseudo = before, list[Measurement]()
    if expected is not None and options.pseudo == "whereNeeded" and before.nodes.any():
        placed, after, pseudo = _filled(ground, measurements, expected, before)
    if after.magnitudes.all():
        raise NothingObservable("The measurements determine the voltage of no bus.")
    placed = _without_aimless(placed, after)
    found_in = _Identification(placed, options).estimation(before.nodes, tuple(pseudo))
    return replace(found_in, hidden=after.magnitudes)


def _placed(ground: Ground, measurements: Sequence[Measurement]) -> tuple[Placed, Undetermined]:
    placed = place(ground, measurements)
    return placed, undetermined(placed.series)


def _filled(
    ground: Ground, measured: Sequence[Measurement], expected: Expected, is_open: Undetermined
) -> tuple[Placed, Undetermined, list[Measurement]]:
    open_power = is_open.of(ground.series.admittance)
    pseudo = expected_powers(ground, expected, open_power, measured)
    placed, left = _placed(ground, [*measured, *pseudo])
    if left.nodes.any():
        pseudo += set_voltages(ground, expected, left.nodes)
        placed, left = _placed(ground, [*measured, *pseudo])
    return placed, left, pseudo


def _without_aimless(placed: Placed, left: Undetermined) -> Placed:
    """Without magnitudes of currents that nothing else tells of: they may flow either way."""
    rows, std = placed.setting.rows, placed.setting.std.copy()
    powers = len(rows.power)
    flows = placed.series.rows.currents[powers : powers + rows.amperes]
    places = rows.blocks[4].start + np.flatnonzero(left.of(flows))
    std[places] = np.inf
    names = [each.measurement for row in places.tolist() for each in placed.readings[row]]
    reason = "nothing tells in which direction this current flows"
    return replace(
        placed,
        setting=replace(placed.setting, std=std, loose=left.nodes),
        unused=placed.unused | dict.fromkeys(names, reason),
    )


class _Identification:
    """Removes the worst number and estimates again, until both tests pass or nobody is suspect."""

    def __init__(self, placed: Placed, options: Options) -> None:
        self._placed, self._options = placed, options
        self._setting = placed.setting
        self._bad: list[BadDatum] = []
        self._untold = np.zeros(placed.setting.rows.count, np.bool_)

    def estimation(self, open_nodes: Flags, pseudo: tuple[Measurement, ...]) -> Estimation:
        """The state when no number is left that looks wrong."""
        first: ChiSquare | None = None
        while True:
            estimator = Estimator(self._setting, self._options.confidence)
            state = estimator.state(self._placed.value)
            first = first or state.test
            covariance = estimator.covariance
            residuals = Residuals(state.scaled, covariance.left, covariance.is_exact)
            if not self._removes(estimator, residuals, covariance):
                break
        return Estimation(
            ground=self._placed.ground,
            voltage=state.voltage,
            loose=self._setting.loose,
            hidden=self._setting.loose,
            placed=self._placed,
            kept=self._setting.measured,
            first_test=first,
            test=state.test,
            limit=estimator.limit,
            bad=tuple(self._bad),
            open_nodes=open_nodes,
            pseudo=pseudo,
            conflicts=_conflicts(self._placed),
            covariance=covariance,
            residuals=residuals,
        )

    def _removes(self, estimator: Estimator, residuals: Residuals, covariance: Covariance) -> bool:
        """Whether a number was removed."""
        rows = np.flatnonzero(self._setting.measured)
        while sum(each.is_removed for each in self._bad) < self._options.most_removed:
            passed = self._untold[rows]
            worst = suspects(residuals, covariance, passed, estimator.limit)
            if not worst.rows:
                return False
            found = [int(rows[row]) for row in worst.rows]
            is_one = len(found) == 1
            scaled = float(residuals.scaled[worst.rows[0]])
            self._bad.append(self._datum(found, scaled, worst.normalised, is_removed=is_one))
            if is_one:
                std = self._setting.std.copy()
                std[found] = np.inf
                self._setting = replace(self._setting, std=std)
                return True
            self._untold[found] = True
        return False

    def _datum(
        self, rows: Sequence[int], scaled: float, normalised: float, *, is_removed: bool
    ) -> BadDatum:
        readings = tuple(each for row in rows for each in self._placed.readings[row])
        left = (scaled / normalised) ** 2
        return BadDatum(readings, math.copysign(normalised, scaled), scaled / left, is_removed)


def _conflicts(placed: Placed) -> tuple[tuple[Reading, ...], ...]:
    """Rows at the same place that are further apart than their errors allow."""
    rows: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(placed.setting.measured).tolist():
        rows[placed.places[row]].append(row)
    found = []
    for same in rows.values():
        value, std = placed.value[same], placed.setting.std[same]
        apart = _apart(value, std)
        if len(same) > 1 and apart > CONFLICT_STD:
            found.append(tuple(each for row in same for each in placed.readings[row]))
    return tuple(found)


def _apart(value: Floats, std: Floats) -> float:
    """The greatest difference of two values by its standard deviation."""
    difference = np.abs(value[:, None] - value[None, :])
    return float((difference / np.hypot(std[:, None], std[None, :])).max())
