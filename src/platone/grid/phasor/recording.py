"""Power from a recorded file of phasor messages, one JSON document a line, as arrays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from platone.grid.phasor.component import PHASES, ComponentPhasors, DeviceRule, PhasorMeasurement
from platone.grid.phasor.power import Complexes, measure, power_message
from platone.grid.shown import Shown
from platone.kernel.errors import PlatoneError
from platone.messages.phasor import PhasorMessage

_NAN = complex(np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A problem of a line, or of something in it.

    Attributes:
        line: Number of the line, from 1.
        problem: The problem.
        is_left_out: Whether the whole line is.
    """

    line: int
    problem: PlatoneError
    is_left_out: bool


@dataclass(frozen=True, slots=True)
class ComponentPower:
    """The power of a component over time.

    Attributes:
        at: Instants, UTC, rising; (n,).
        power_va: P + jQ of phases A, B, C, W and var, positive: withdrawn from the grid; (n, 3),
            NaN where it is not known.
    """

    at: npt.NDArray[np.datetime64]
    power_va: Complexes

    @property
    def total_va(self) -> Complexes:
        """Return P + jQ of the three phases, W and var; (n,), NaN where one is not known."""
        return np.asarray(self.power_va.sum(axis=1), np.complex128)


@dataclass(frozen=True, slots=True, repr=False)
class RecordedPower(Shown):
    """The measurements and problems of a recorded file.

    Attributes:
        measurements: Of each line that could be read, in the file's order.
        problems: What is wrong with the others, and within lines.
    """

    measurements: list[PhasorMeasurement] = field(default_factory=list)
    problems: list[LineProblem] = field(default_factory=list)

    def messages(self) -> Iterator[PhasorMessage]:
        """Yield the powers in the form of a device's messages."""
        for measurement in self.measurements:
            message = power_message(measurement)
            if message is not None:
                yield message

    def component_ids(self) -> list[str]:
        """Return all components with a power, in the order in which they come."""
        return list(
            dict.fromkeys(
                component.id
                for measurement in self.measurements
                for component in measurement.components
                if component.powers
            )
        )

    def series(self, component_id: str) -> ComponentPower:
        """Return the power of a component over time; empty where there is none."""
        found = sorted(
            (
                (measurement.at, _row(component))
                for measurement in self.measurements
                for component in measurement.components
                if component.id == component_id and component.powers
            ),
            key=lambda each: each[0],
        )
        at = [np.datetime64(each.replace(tzinfo=None), "us") for each, _ in found]
        powers = np.array([row for _, row in found], np.complex128).reshape(-1, len(PHASES))
        return ComponentPower(np.array(at, "datetime64[us]"), powers)


def recorded_power(lines: Iterable[str | bytes], rule: DeviceRule | None = None) -> RecordedPower:
    """Return the power in a recorded file: `recorded_power(open("pmu.jsonl"))`.

    Args:
        lines: Messages as JSON, one a line; empty lines are passed over. A line that cannot be
            read is named and left out.
        rule: How the readings are to be understood; by default with angles in degrees and each
            component with a voltage of its own.
    """
    found, rule = RecordedPower(), rule or DeviceRule()
    for number, line in enumerate(lines, 1):
        payload = (line.encode() if isinstance(line, str) else line).strip()
        if not payload:
            continue
        try:
            measurement = measure(payload, rule)
        except PlatoneError as problem:
            found.problems.append(LineProblem(number, problem, is_left_out=True))
            continue
        found.measurements.append(measurement)
        found.problems.extend(
            LineProblem(number, problem, is_left_out=False) for problem in measurement.problems
        )
    return found


def _row(component: ComponentPhasors) -> list[complex]:
    return [component.powers.get(phase, _NAN) for phase in PHASES]
