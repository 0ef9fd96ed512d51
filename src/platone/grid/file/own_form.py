"""The network file: JSON that people can write by hand, one object per element.

Names carry their units (``resistanceOhmPerKm``, ``limitA``); nothing that a calculation needs
has a default except switches (closed), tap (rated ratio), source angle and bus voltage limits
(0.9 to 1.1 pu, EN 50160).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, fields
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from platone.grid.network.branch import (
    Line,
    Switch,
    ThreeWindingTransformer,
    Transformer,
    Winding,
)
from platone.grid.network.check import check
from platone.grid.network.element import (
    Bus,
    ConnectionPoint,
    Generator,
    Load,
    Profile,
    Shunt,
    Source,
)
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid
from platone.kernel.decoder_message import in_words
from platone.messages.base import Identifier, Message, PodId

FORMAT = "platone-network/1"
MAX_FILE_BYTES = 32 * 1024 * 1024

T = TypeVar("T")
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
    limit_a: float
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
    """The whole file; each element is decoded by itself, so that every fault is found."""

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
    faults: list[Fault] = []

    def rows(name: str, content: Sequence[msgspec.Raw], form: Any) -> Iterator[Any]:
        for place, raw in enumerate(content):
            try:
                yield msgspec.json.decode(raw, type=form)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                faults.append(_fault(f"{name}[{place}]", raw, str(error)))

    def elements(
        name: str, content: Sequence[msgspec.Raw], kind: Callable[..., T]
    ) -> tuple[T, ...]:
        found = rows(name, content, _row_of(kind))
        return tuple(kind(**msgspec.structs.asdict(row)) for row in found)

    network = Network(
        id=file.id,
        name=file.name,
        version=file.version,
        description=file.description,
        buses=elements("buses", file.buses, Bus),
        sources=elements("sources", file.sources, Source),
        lines=tuple(_line(row) for row in rows("lines", file.lines, LineRow)),
        transformers=elements("transformers", file.transformers, Transformer),
        loads=elements("loads", file.loads, Load),
        connection_points=elements("connectionPoints", file.connection_points, ConnectionPoint),
        profiles=elements("profiles", file.profiles, Profile),
        three_winding_transformers=tuple(
            _three_windings(row)
            for row in rows(
                "threeWindingTransformers", file.three_winding_transformers, ThreeWindingRow
            )
        ),
        switches=elements("switches", file.switches, Switch),
        shunts=elements("shunts", file.shunts, Shunt),
        generators=elements("generators", file.generators, Generator),
        frequency_hz=file.frequency_hz,
    )
    if faults:
        raise NetworkInvalid(faults)
    return network


def _line(row: LineRow) -> Line:
    return Line(
        id=row.id,
        name=row.name,
        from_bus=row.from_bus,
        to_bus=row.to_bus,
        resistance_ohm=row.resistance_ohm_per_km * row.length_km,
        reactance_ohm=row.reactance_ohm_per_km * row.length_km,
        capacitance_nf=row.capacitance_nf_per_km * row.length_km,
        limit_a=row.limit_a,
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
    first, second, third = (Winding(**msgspec.structs.asdict(each)) for each in row.windings)
    return ThreeWindingTransformer(id=row.id, name=row.name, windings=(first, second, third))


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
