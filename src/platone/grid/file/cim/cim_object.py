"""One object of a CIM file, with typed access to its properties."""

import math
import re

from platone.grid.file.importer.record import MAX_NAME, Record

_FOREIGN = re.compile(r"[^\x21-\x7e]+")
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def key_of(reference: str) -> str:
    """Return the key of a reference: without ``#``, ``urn:uuid:`` and one leading underscore."""
    name = identifier_of(reference)
    return name[1:] if name[:1] == "_" else name


def identifier_of(reference: str) -> str:
    """Return an identifier without ``#`` and ``urn:uuid:``; a leading underscore stays."""
    name = reference[reference.rfind("#") + 1 :]
    name = name.removeprefix("urn:uuid:")
    if len(name) > MAX_NAME or " " in name or not (name.isascii() and name.isprintable()):
        name = _FOREIGN.sub("-", name)[:MAX_NAME]
    return name


class CimObject(Record):
    """One object of a file: its class, and its properties by names such as ``ACLineSegment.r``.

    Its values are texts: of references the key of what they name, of enumerations the member.

    Attributes:
        key: The key that references to it are matched by.
        kind: Its class.
        is_defined: Whether an equipment or topology file holds it, not only a state.
    """

    __slots__ = ("is_defined", "key", "kind")

    def __init__(self, identifier: str, kind: str, values: dict[str, str]) -> None:
        super().__init__(identifier, values)
        self.key = key_of(identifier)
        self.kind = kind
        self.is_defined = True

    @property
    def name(self) -> str:
        """The name by which people call it."""
        return self.text("IdentifiedObject.name")[:MAX_NAME]

    def parse_number(self, value: str) -> float | None:
        """Return a number that XML Schema allows: Python's own underscores are none."""
        try:
            number = math.nan if "_" in value else float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def parse_flag(self, value: str) -> bool | None:
        """Return a flag of XML Schema, in small or capital letters."""
        return _WORDS.get(value.lower())

    def member(self, name: str) -> str:
        """Return the member of an enumeration, such as ``voltage``; empty where there is none."""
        return self.text(name).rpartition(".")[2]
