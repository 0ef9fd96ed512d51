"""What is wrong with a network, element by element."""

from dataclasses import dataclass
from enum import Enum

from platone.kernel.errors import PlatoneError

MAX_FAULTS_SHOWN = 200


class FaultKind(Enum):
    """The kinds of faults of a network."""

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
    """One fault.

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
