"""One object of a CIM file, with typed access; what is missing or no number becomes a fault."""

import math
import re

from platone.grid.problem.network import Fault, FaultKind

_FOREIGN = re.compile(r"[^\x21-\x7e]+")
_MAX_NAME = 200
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def key_of(reference: str) -> str:
    """What a reference is matched by: without ``#``, ``urn:uuid:`` and one leading underscore."""
    name = identifier_of(reference)
    return name[1:] if name[:1] == "_" else name


def identifier_of(reference: str) -> str:
    """An identifier as a file gives it, without ``#`` and ``urn:uuid:``; the underscore stays."""
    name = reference[reference.rfind("#") + 1 :]
    name = name.removeprefix("urn:uuid:")
    if len(name) > _MAX_NAME or " " in name or not (name.isascii() and name.isprintable()):
        name = _FOREIGN.sub("-", name)[:_MAX_NAME]
    return name


class Thing:
    """An object: its class, and its properties by their names, such as ``ACLineSegment.r``.

    Attributes:
        id: Its identifier as ``rdf:ID`` or ``rdf:about`` gives it, without ``#``.
        key: What references to it are matched by.
        kind: Its class.
        values: Texts; of references the key of what they name, of enumerations its member.
        is_defined: Whether an equipment or topology file holds it, not only a state.
        faults: What was wrong with it so far.
    """

    __slots__ = ("faults", "id", "is_defined", "key", "kind", "values")

    def __init__(self, identifier: str, kind: str, values: dict[str, str]) -> None:
        self.id = identifier
        self.key = key_of(identifier)
        self.kind = kind
        self.values = values
        self.is_defined = True
        self.faults: tuple[Fault, ...] = ()  # a list each would cost time and memory

    @property
    def name(self) -> str:
        """What people call it."""
        return self.values.get("IdentifiedObject.name", "")[:_MAX_NAME]

    def fault(self, reason: str, kind: FaultKind = FaultKind.MALFORMED) -> None:
        """Note what is wrong with it."""
        self.faults += (Fault(self.id, kind, reason),)

    def unsupported(self, reason: str) -> None:
        """Note what of it cannot be expressed."""
        self.fault(reason, FaultKind.UNSUPPORTED)

    def text(self, *properties: str) -> str:
        """The first of some properties that is there; empty where none is."""
        for each in properties:
            if found := self.values.get(each):
                return found
        return ""

    def maybe(self, *properties: str) -> float | None:
        """The first of some properties that is there, as a number; none where none is."""
        for each in properties:
            text = self.values.get(each)
            if text:
                return self._number(each, text)
        return None

    def _number(self, name: str, text: str) -> float:
        try:
            value = math.nan if "_" in text else float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fault(f"{name} is {text[:40]!r}, no finite number", FaultKind.NOT_A_NUMBER)
            return 0.0
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A number that is needed, or the standard's default."""
        value = self.maybe(name)
        if value is None:
            value = default
        if value is None:
            self.fault(f"{name} is missing")
            return 0.0
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number that is needed, or a default."""
        value = self.number(name, None if default is None else float(default))
        if not value.is_integer() or abs(value) > 1e9:  # noqa: PLR2004
            self.fault(f"{name} is {value}, no whole number", FaultKind.NOT_A_NUMBER)
            return 0
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or no."""
        text = self.values.get(name)
        if not text:
            return default
        value = _WORDS.get(text.lower())
        if value is None:
            self.fault(f"{name} is {text[:40]!r}, neither true nor false")
            return default
        return value

    def member(self, name: str) -> str:
        """The member of an enumeration, such as ``voltage``; empty where there is none."""
        return self.values.get(name, "").rpartition(".")[2]
