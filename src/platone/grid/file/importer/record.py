"""One element of a file with typed access; what is missing or no number becomes a fault."""

import math
from abc import ABC, abstractmethod
from typing import Any

from platone.grid.problem.network import Fault, FaultKind

MAX_NAME = 200
"""Longest name of an element, characters: what is longer is cut."""
_MOST_WHOLE = 1e9
"""Greatest whole number: what is larger is no count, step or index of anything."""
_SHOWN = 40
"""Characters of a wrong value that a fault shows: enough to find it in the file."""


def watched(value: float | None) -> float | None:
    """Return a greatest value that is allowed; none where it is not given, or not above 0."""
    return None if value is None or value <= 0 else value


class Record(ABC):
    """One element as a file has it, with typed access to its values.

    A subclass tells how its form spells numbers and flags. After a fault the value that is
    returned only has the right type: a record with faults is not used.

    Attributes:
        id: Its identifier.
        values: Its values by their names in the file; absent, null or empty: not given.
        faults: What was wrong with it so far; a tuple, because most records have none.
        assumed: What was taken for values that are empty where others have one.
    """

    __slots__ = ("assumed", "faults", "id", "values")

    def __init__(self, identifier: str, values: Any) -> None:
        self.id = identifier
        self.values: Any = values
        self.faults: tuple[Fault, ...] = ()
        self.assumed: tuple[str, ...] = ()

    @abstractmethod
    def parse_number(self, value: Any) -> float | None:
        """Return a value of the file as a number; none where it is none, or none that is finite."""

    @abstractmethod
    def parse_flag(self, value: Any) -> bool | None:
        """Return a value of the file as true or false; none where it is neither."""

    def fault(self, reason: str, kind: FaultKind = FaultKind.MALFORMED) -> None:
        """Note what is wrong with the record, once."""
        found = Fault(self.id, kind, reason)
        if found not in self.faults:
            self.faults += (found,)

    def unsupported(self, reason: str) -> None:
        """Note what of the record the network model cannot express."""
        self.fault(reason, FaultKind.UNSUPPORTED)

    def has(self, name: str) -> bool:
        """Return whether a value is given."""
        return self.values.get(name) not in (None, "")

    def text(self, *names: str) -> str:
        """Return the first of some values that is given, as a text; empty where none is."""
        for each in names:
            found = self.values.get(each)
            if found is not None and found != "":
                return found if isinstance(found, str) else str(found)
        return ""

    def maybe(self, *names: str) -> float | None:
        """Return the first of some values that is given, as a number; none where none is."""
        for each in names:
            value = self.values.get(each)
            if type(value) is float:  # of JSON, which has no others than finite ones
                return value
            if value is None or value == "":
                continue
            number = self.parse_number(value)
            if number is None:
                reason = f"{each} is {_shown(value)}, no finite number"
                self.fault(reason, FaultKind.NOT_A_NUMBER)
                return math.nan
            return number
        return None

    def number(self, name: str, default: float | None = None) -> float:
        """Return a number that is needed, or the form's default where it is not given."""
        value = self.maybe(name)
        if value is not None:
            return value
        if default is None:
            self.fault(f"{name} is missing")
            return math.nan
        if default:
            self.assume(name, f"{default:g}")
        return default

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number that is needed, or a default."""
        value = self.number(name, None if default is None else float(default))
        if math.isnan(value):
            return 0
        if not value.is_integer() or abs(value) > _MOST_WHOLE:
            self.fault(f"{name} is {value}, no whole number", FaultKind.NOT_A_NUMBER)
            return 0
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return whether something holds, or the form's default where it is not given."""
        value = self.values.get(name)
        if value is True or value is False:
            return bool(value)
        if value is None or value == "":
            if default:
                self.assume(name, "true")
            return default
        found = self.parse_flag(value)
        if found is None:
            self.fault(f"{name} is {_shown(value)}, neither true nor false")
            return default
        return found

    def assume(self, name: str, default: str) -> None:
        """Note a default that is not nothing, where a value is there and empty, null or NaN.

        Where the file has no such value at all, as older forms have not, the default is the form's.
        """
        if name in self.values:
            reason = f"{name} is empty: {default} is taken"
            if reason not in self.assumed:
                self.assumed += (reason,)

    def require_step(self, position: float, least: float | None, most: float | None) -> None:
        """Note a tap changer that stands beyond its steps; none: not known."""
        if (least is not None and position < least) or (most is not None and position > most):
            steps = " to ".join("?" if each is None else f"{each:g}" for each in (least, most))
            reason = f"it stands at {position:g}, beyond its steps {steps}"
            self.fault(reason, FaultKind.OUT_OF_RANGE)

    def limit(self, *names: str) -> float | None:
        """Return a greatest value that is allowed; none where it is not given, or not above 0."""
        return watched(self.maybe(*names))


def _shown(value: Any) -> str:
    return repr(value[:_SHOWN] if isinstance(value, str) else value)
