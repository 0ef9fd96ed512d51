"""Errors of state estimation: faults of measurements, and states that cannot be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from platone.grid.problem.network import MAX_FAULTS_SHOWN
from platone.kernel.errors import PlatoneError


class MeasurementFaultKind(StrEnum):
    """The kinds of faults of a measurement, by their names on the wire."""

    DUPLICATE = "duplicateId"
    UNKNOWN_ELEMENT = "unknownElement"
    NO_SUCH_END = "noSuchEnd"
    INCOMPLETE = "incomplete"
    IMPLAUSIBLE = "implausible"
    TOO_MANY = "tooMany"


@dataclass(frozen=True, slots=True)
class MeasurementFault:
    """One fault of one measurement.

    Attributes:
        measurement: Its identifier.
        kind: The kind of fault.
        reason: One sentence for whoever sent it.
    """

    measurement: str
    kind: MeasurementFaultKind
    reason: str


class MeasurementsInvalid(PlatoneError):
    """Measurements do not fit the network: `faults` names each one and what is wrong with it.

    Kinds: `duplicateId`, `unknownElement`, `noSuchEnd` (a winding has only its first end),
    `incomplete` (a value without its standard deviation, or no value at all), `implausible` (look
    for the wrong unit: V for kV, W for kW), `tooMany`. Nothing was estimated.
    """

    slug = "measurements-invalid"
    title = "The measurements do not fit the network"

    def __init__(self, faults: Sequence[MeasurementFault]) -> None:
        first = faults[0]
        shown = [
            {"measurement": each.measurement, "kind": each.kind.value, "reason": each.reason}
            for each in faults[:MAX_FAULTS_SHOWN]
        ]
        super().__init__(
            f"{len(faults)} measurement(s) cannot be used; the first: "
            f"{first.measurement}: {first.reason}",
            faults=shown,
            faultCount=len(faults),
        )
        self.faults = tuple(faults)


class EstimationDiverged(PlatoneError):
    """No state of the network comes near the measurements.

    Look for a wrong switching state, a measurement with a wrong sign, or one of a wrong instant:
    such errors are too gross for the test of bad data to find them.
    """

    slug = "estimation-diverged"
    title = "No state fits the measurements"


class NothingObservable(PlatoneError):
    """The measurements determine the voltage of no bus.

    At least one voltage must be measured in a part of the network that is fed; or allow
    pseudo-measurements, which take the sources' voltages as set.
    """

    slug = "nothing-observable"
    title = "The measurements determine nothing"
