"""The network file: JSON that people can write by hand, one object per element.

Names carry their units (``resistanceOhmPerKm``, ``limitA``); nothing that a calculation needs
has a default except switches (closed), tap (rated ratio), source angle and bus voltage limits
(0.9 to 1.1 pu, EN 50160).
"""

from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from platone.grid.file.importer.elements import Elements
from platone.grid.file.importer.findings import Findings
from platone.grid.file.importer.oddity import remark_clocks, remark_unwatched
from platone.grid.file.importer.record import watched
from platone.grid.network.branch import Line, ThreeWindingTransformer, Transformer, Winding
from platone.grid.network.check import check
from platone.grid.network.model import FIELD_OF_KIND, Element, Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid
from platone.kernel.decoder_message import in_words
from platone.messages.base import Identifier, Message, PodId

FORMAT = "platone-network/1"
MAX_FILE_BYTES = 32 * 1024 * 1024
"""Largest file, bytes: as much as a request to the server may hold."""

_Rated = TypeVar("_Rated", Transformer, Winding)
_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Rows = Annotated[list[msgspec.Raw], msgspec.Meta(max_length=200_000)]
_ON_THE_WIRE = {"from_bus": "from", "to_bus": "to"}
_KINDS = {"pod_id": PodId, "name": _Name} | dict.fromkeys(
    ("id", "bus", "from_bus", "to_bus", "other"), Identifier
)
_DEFAULTS: dict[str, object] = {"name": "", "min_pu": 0.9, "max_pu": 1.1}


def _wire_name(name: str) -> str:
    first, *rest = name.split("_")
    return _ON_THE_WIRE.get(name) or first + "".join(part.capitalize() for part in rest)


def _row_of(element: Any) -> Any:
    """Return the form of an element in the file: its own fields, by their names on the wire."""
    columns: list[Any] = []
    for each in fields(element):
        default = _DEFAULTS.get(each.name, each.default)
        column = (each.name, _KINDS.get(each.name, each.type))
        columns.append(column if default is MISSING else (*column, default))
    return msgspec.defstruct(
        f"{element.__name__}Row",
        columns,
        rename=_wire_name,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )


class LineRow(Message):
    """A line in the file; its data per kilometre, as catalogues give them."""

    id: Identifier
    name: _Name = ""
    from_bus: Identifier = msgspec.field(name="from")
    to_bus: Identifier = msgspec.field(name="to")
    length_km: Annotated[float, msgspec.Meta(ge=0)]
    resistance_ohm_per_km: float
    reactance_ohm_per_km: float
    capacitance_nf_per_km: float
    limit_a: float | None
    from_closed: bool = True
    to_closed: bool = True
    conductance_us_per_km: float = 0.0
    zero_resistance_ohm_per_km: float | None = None
    zero_reactance_ohm_per_km: float | None = None
    zero_capacitance_nf_per_km: float | None = None
    zero_conductance_us_per_km: float | None = None


_WindingRow: Any = _row_of(Winding)


class ThreeWindingRow(Message):
    """A transformer with three windings in the file, that of the highest voltage first."""

    id: Identifier
    name: _Name = ""
    windings: tuple[_WindingRow, _WindingRow, _WindingRow]


class NetworkFile(Message):
    """The whole file; each element is decoded by itself, so that every fault is found.

    Attributes:
        format: "platone-network/1".
        id: Its identifier.
        name: Its name for people.
        version: Its version; what differs has another one.
        description: What it is, for people.
        buses: Points of one voltage.
        sources: Where it is fed from: its points of measurement.
        lines: Lines and cables.
        transformers: Transformers of two windings.
        loads: Consumers that no point of delivery stands for.
        connection_points: Where points of delivery are connected.
        profiles: How loads follow the day.
        three_winding_transformers: Transformers of three windings.
        switches: Switches between buses or at the end of a branch.
        shunts: Capacitors and reactors.
        generators: Machines that hold their bus's voltage.
        frequency_hz: Its nominal frequency, Hz.
    """

    format: Literal["platone-network/1"]
    id: Identifier
    name: _Name
    version: Identifier
    description: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    buses: _Rows
    sources: _Rows
    lines: _Rows = msgspec.field(default_factory=list)
    transformers: _Rows = msgspec.field(default_factory=list)
    loads: _Rows = msgspec.field(default_factory=list)
    connection_points: _Rows = msgspec.field(default_factory=list)
    profiles: _Rows = msgspec.field(default_factory=list)
    three_winding_transformers: _Rows = msgspec.field(default_factory=list)
    switches: _Rows = msgspec.field(default_factory=list)
    shunts: _Rows = msgspec.field(default_factory=list)
    generators: _Rows = msgspec.field(default_factory=list)
    frequency_hz: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 50.0


def is_own_form(content: bytes) -> bool:
    """Return whether a file says that it is of this form."""
    return b'"platone-network/' in content


def read_network(content: bytes) -> Network:
    """Read and check a network file.

    Raises:
        NetworkInvalid: With every fault that was found: elements that cannot be decoded, or,
            where all can be, what keeps the network from being calculated.
    """
    if len(content) > MAX_FILE_BYTES:
        reason = f"it has {len(content)} bytes; {MAX_FILE_BYTES} are allowed"
        raise NetworkInvalid([Fault("file", FaultKind.TOO_MANY, reason)])
    try:
        file = msgspec.json.decode(content, type=NetworkFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NetworkInvalid([Fault("file", FaultKind.MALFORMED, in_words(str(error)))]) from error
    return check(_network(file))


def _network(file: NetworkFile) -> Network:
    findings, elements = Findings(), Elements()
    for field in FIELD_OF_KIND.values():
        decoder, make = _form_of(field)
        for place, raw in enumerate(getattr(file, field)):
            try:
                elements.add([make(_decoded(decoder, raw, findings))])
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                findings.faults.append(_fault(f"{_wire_name(field)}[{place}]", raw, str(error)))
    findings.require_no_faults()
    remark_unwatched(findings, elements)
    remark_clocks(findings, elements)
    return elements.network(
        id=file.id,
        name=file.name,
        version=file.version,
        description=file.description,
        frequency_hz=file.frequency_hz,
        remarks=findings.remarks,
    )


def _decoded(decoder: msgspec.json.Decoder[Any], raw: msgspec.Raw, findings: Findings) -> Any:
    """Return a row of the file; for an empty value (null) of a field with a default, that is taken.

    Raises:
        DecodeError: It is not of its form.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        values = msgspec.json.decode(raw)
        if not isinstance(values, dict):
            raise
    row, empty = values, []
    for field in msgspec.structs.fields(decoder.type):
        if field.encode_name in row and row[field.encode_name] is None and not field.required:
            del row[field.encode_name]
            empty.append(field)
    found = decoder.decode(msgspec.json.encode(row))
    for field in empty:
        taken = msgspec.json.encode(field.default).decode()
        if field.default is not None:
            findings.remark_alike(
                _name_of(found), f"{field.encode_name} is empty: {taken} is taken"
            )
    return found


def _name_of(row: Any) -> str:
    """Return the identifier of a row: of a connection point, its point of delivery."""
    return str(getattr(row, "id", None) or row.pod_id)


@cache
def _form_of(field: str) -> tuple[msgspec.json.Decoder[Any], Callable[[Any], Element]]:
    """Return the decoder of a row in one of the file's lists, and what makes the element of it.

    Most rows hold the element's own fields; those that do not stand here.
    """
    kind = next(each for each, name in FIELD_OF_KIND.items() if name == field)
    own: dict[type[Any], tuple[Any, Callable[[Any], Element]]] = {
        Line: (LineRow, _line),
        Transformer: (
            _row_of(Transformer),
            lambda row: _watched(Transformer(**msgspec.structs.asdict(row))),
        ),
        ThreeWindingTransformer: (ThreeWindingRow, _three_windings),
    }
    form, make = own.get(kind) or (
        _row_of(kind),
        lambda row: kind(**msgspec.structs.asdict(row)),
    )
    return msgspec.json.Decoder(form), make


def _line(row: LineRow) -> Line:
    return Line(
        id=row.id,
        name=row.name,
        from_bus=row.from_bus,
        to_bus=row.to_bus,
        resistance_ohm=row.resistance_ohm_per_km * row.length_km,
        reactance_ohm=row.reactance_ohm_per_km * row.length_km,
        capacitance_nf=row.capacitance_nf_per_km * row.length_km,
        limit_a=watched(row.limit_a),
        from_closed=row.from_closed,
        to_closed=row.to_closed,
        conductance_us=row.conductance_us_per_km * row.length_km,
        zero_resistance_ohm=_whole(row.zero_resistance_ohm_per_km, row.length_km),
        zero_reactance_ohm=_whole(row.zero_reactance_ohm_per_km, row.length_km),
        zero_capacitance_nf=_whole(row.zero_capacitance_nf_per_km, row.length_km),
        zero_conductance_us=_whole(row.zero_conductance_us_per_km, row.length_km),
    )


def _whole(per_km: float | None, length_km: float) -> float | None:
    return None if per_km is None else per_km * length_km


def _three_windings(row: ThreeWindingRow) -> ThreeWindingTransformer:
    first, second, third = (
        _watched(Winding(**msgspec.structs.asdict(each))) for each in row.windings
    )
    return ThreeWindingTransformer(id=row.id, name=row.name, windings=(first, second, third))


def _watched(unit: _Rated) -> _Rated:
    """Return a transformer, or a winding, whose greatest loading is above 0 or none."""
    return replace(unit, limit_percent=watched(unit.limit_percent))


class _Named(msgspec.Struct):
    id: str = ""
    podId: str = ""  # noqa: N815 - as it stands in the file


def _fault(place: str, raw: msgspec.Raw, reason: str) -> Fault:
    """Return the fault of an element that cannot be decoded, by its identifier where it has one."""
    try:
        named = msgspec.json.decode(raw, type=_Named)
    except msgspec.DecodeError:
        named = _Named()
    missing = "missing required field" in reason
    without_limit = missing and any(name in reason for name in ("`limitA`", "`ratedKva`"))
    kind = FaultKind.MISSING_LIMIT if without_limit else FaultKind.MALFORMED
    return Fault(named.id or named.podId or place, kind, in_words(reason))
