"""One CIM XML file as it is written (IEC 61970-552)."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

Cgmes = Literal["2.4.15", "3.0"]
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MD = "http://iec.ch/TC57/61970-552/ModelDescription/1#"
CIM = {
    "2.4.15": "http://iec.ch/TC57/2013/CIM-schema-cim16#",
    "3.0": "http://iec.ch/TC57/CIM100#",
}
_EXTENSION = {
    "2.4.15": ("entsoe", "http://entsoe.eu/CIM/SchemaExtension/3/1#"),
    "3.0": ("eu", "http://iec.ch/TC57/CIM100-European#"),
}
PROFILES = {
    "2.4.15": {
        "EQ": (
            "http://entsoe.eu/CIM/EquipmentCore/3/1",
            "http://entsoe.eu/CIM/EquipmentShortCircuit/3/1",
        ),
        "TP": ("http://entsoe.eu/CIM/Topology/4/1",),
        "SSH": ("http://entsoe.eu/CIM/SteadyStateHypothesis/1/1",),
        "SV": ("http://entsoe.eu/CIM/StateVariables/4/1",),
    },
    "3.0": {
        "EQ": (
            "http://iec.ch/TC57/ns/CIM/CoreEquipment-EU/3.0",
            "http://iec.ch/TC57/ns/CIM/Operation-EU/3.0",
            "http://iec.ch/TC57/ns/CIM/ShortCircuit-EU/3.0",
        ),
        "TP": ("http://iec.ch/TC57/ns/CIM/Topology-EU/3.0",),
        "SSH": ("http://iec.ch/TC57/ns/CIM/SteadyStateHypothesis-EU/3.0",),
        "SV": ("http://iec.ch/TC57/ns/CIM/StateVariables-EU/3.0",),
    },
}
NO_TIME = "1970-01-01T00:00:00Z"
"""The time in headers of a network that has none."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to another object, by its identifier in the file."""

    target: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enumeration, such as ``UnitMultiplier.k``."""

    name: str
    is_extension: bool = False


One = str | float | int | bool | Ref | Member
Value = One | tuple[Ref, ...] | None


def mrid(identifier: str, owner: str) -> str:
    """Return an identifier that can stand in ``rdf:ID``: itself where it can, else a stable UUID.

    A UUID that begins with a digit gets the underscore that XML asks for.
    """
    if _NAME.fullmatch(identifier):
        return identifier
    if _UUID.fullmatch(identifier):
        return f"_{identifier}"
    return f"_{uuid.uuid5(uuid.NAMESPACE_URL, f'{owner}#{identifier}')}"


@dataclass(slots=True)
class XmlWriter:
    """A file of one profile; ``None`` values are not written."""

    cgmes: Cgmes
    profile: Literal["EQ", "TP", "SSH", "SV"]
    parts: list[str] = field(default_factory=list)

    def add(self, kind: str, identifier: str, **values: Value) -> None:
        """Add an object that this file defines; ``_`` in names of properties stands for the dot."""
        self._put(kind, f"rdf:ID={quoteattr(identifier)}", values.items())

    def about(self, kind: str, identifier: str, **values: Value) -> None:
        """Add properties of an object that another file defines."""
        self._put(kind, f"rdf:about={quoteattr('#' + identifier)}", values.items())

    def _put(self, kind: str, name: str, values: Iterable[tuple[str, Value]]) -> None:
        lines = [f"<cim:{kind} {name}>"]
        for each, value in values:
            several = value if isinstance(value, tuple) else (value,)
            lines += [self._line(each, one) for one in several if one is not None]
        lines.append(f"</cim:{kind}>")
        self.parts.append("\n".join(lines))

    def _line(self, name: str, value: One) -> str:
        prefix = "cim"
        if isinstance(value, Member) and value.is_extension:
            prefix = _EXTENSION[self.cgmes][0]
        tag = f"{prefix}:{name.replace('_', '.', 1)}"
        if isinstance(value, Ref):
            return f"  <{tag} rdf:resource={quoteattr('#' + value.target)}/>"
        if isinstance(value, Member):
            space = _EXTENSION[self.cgmes][1] if value.is_extension else CIM[self.cgmes]
            return f"  <{tag} rdf:resource={quoteattr(space + value.name)}/>"
        return f"  <{tag}>{escape(_text(value))}</{tag}>"

    def content(self, model: str, header: Iterable[tuple[str, str]], needs: Iterable[str]) -> bytes:
        """Return the whole file.

        Args:
            model: The identifier of the model that it is.
            header: Facts of the model, such as ``created``.
            needs: Identifiers of the models that it depends on.
        """
        prefix, extension = _EXTENSION[self.cgmes]
        spaces = {"rdf": _RDF, "md": _MD, "cim": CIM[self.cgmes], prefix: extension}
        declared = " ".join(f'xmlns:{name}="{space}"' for name, space in spaces.items())
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<rdf:RDF {declared}>",
            f'<md:FullModel rdf:about="urn:uuid:{escape(model)}">',
        ]
        lines += [f"  <md:Model.{name}>{escape(text)}</md:Model.{name}>" for name, text in header]
        lines += [f'  <md:Model.DependentOn rdf:resource="urn:uuid:{each}"/>' for each in needs]
        own = PROFILES[self.cgmes][self.profile]
        lines += [f"  <md:Model.profile>{each}</md:Model.profile>" for each in own]
        lines.append("</md:FullModel>")
        return "\n".join([*lines, *self.parts, "</rdf:RDF>", ""]).encode()


def _text(value: str | float | bool) -> str:  # noqa: FBT001
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if value else "0"
    return str(value)
