"""Errors of a network, with its faults element by element."""

from dataclasses import dataclass
from enum import Enum

from platone.kernel.errors import PlatoneError

MAX_FAULTS_SHOWN = 200
"""Most faults that an error tells one by one: a wholly wrong file would fill megabytes."""


class FaultKind(Enum):
    """The kinds of faults of a network, by their names on the wire."""

    MALFORMED = "malformed"
    DUPLICATE = "duplicateId"
    UNKNOWN_BUS = "unknownBus"
    UNKNOWN_PROFILE = "unknownProfile"
    NO_SOURCE = "noSource"
    ISLAND = "island"
    ZERO_IMPEDANCE = "zeroImpedance"
    MISSING_LIMIT = "missingLimit"
    OUT_OF_RANGE = "outOfRange"
    NOT_A_NUMBER = "notANumber"
    VOLTAGE_LEVEL = "voltageLevel"
    TOO_MANY = "tooMany"
    UNSUPPORTED = "unsupported"
    MISSING_DATA = "missingData"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one element of a network.

    Attributes:
        element: Identifier of the element, or its place in the file where it has none.
        kind: What kind of fault.
        reason: One sentence for whoever mends the file.
    """

    element: str
    kind: FaultKind
    reason: str


class NetworkInvalid(PlatoneError):
    """The network cannot be calculated: `faults` names each element and what is wrong with it.

    Nothing is repaired or guessed: mend the elements and send the whole network again.
    """

    slug = "network-invalid"
    title = "The network is not valid"

    def __init__(self, faults: list[Fault]) -> None:
        shown = [
            {"element": fault.element, "kind": fault.kind.value, "reason": fault.reason}
            for fault in faults[:MAX_FAULTS_SHOWN]
        ]
        first = faults[0]
        super().__init__(
            f"The network has {len(faults)} fault(s); the first: {first.element}: {first.reason}",
            faults=shown,
            faultCount=len(faults),
        )
        self.faults = tuple(faults)


class UnbalancedDataInvalid(NetworkInvalid):
    """The unbalanced power flow needs data that the network lacks, or that contradict each other.

    `faults` names each element and the reason: zero-sequence data of a line, the vector group of
    a transformer, the phases of a point of delivery. Nothing is guessed: add them and store the
    network as a new version. The balanced power flow works without them.
    """

    slug = "unbalanced-data-invalid"
    title = "The network does not hold what the unbalanced power flow needs"
