"""The network file: JSON that people can write by hand, one object per element.

Names carry their units (``resistanceOhmPerKm``, ``limitA``); nothing that a calculation needs
has a default except switches (closed), tap (rated ratio), source angle and bus voltage limits
(0.9 to 1.1 pu, EN 50160).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal, TypeVar

import msgspec

from platone.dso.domain.network import (
    Bus,
    ConnectionPoint,
    Line,
    Load,
    Network,
    Profile,
    Source,
    Transformer,
)
from platone.dso.domain.network_check import check
from platone.dso.domain.network_fault import Fault, FaultKind, NetworkInvalid
from platone.messages.base import Identifier, Message, PodId

FORMAT = "platone-network/1"
MAX_FILE_BYTES = 32 * 1024 * 1024

T = TypeVar("T")
_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Rows = Annotated[list[msgspec.Raw], msgspec.Meta(max_length=200_000)]


class BusRow(Message):
    """A bus in the file."""

    id: Identifier
    name: _Name = ""
    nominal_kv: float
    min_pu: float = 0.9
    max_pu: float = 1.1


class SourceRow(Message):
    """A source in the file."""

    id: Identifier
    bus: Identifier
    voltage_pu: float
    angle_deg: float = 0.0


class LineRow(Message):
    """A line in the file; its data per kilometre, as catalogues give them."""

    id: Identifier
    name: _Name = ""
    from_bus: Identifier = msgspec.field(name="from")
    to_bus: Identifier = msgspec.field(name="to")
    length_km: float
    resistance_ohm_per_km: float
    reactance_ohm_per_km: float
    capacitance_nf_per_km: float
    limit_a: float
    from_closed: bool = True
    to_closed: bool = True


class TransformerRow(Message):
    """A transformer in the file."""

    id: Identifier
    name: _Name = ""
    from_bus: Identifier = msgspec.field(name="from")
    to_bus: Identifier = msgspec.field(name="to")
    from_kv: float
    to_kv: float
    rated_kva: float
    short_circuit_percent: float
    copper_loss_kw: float
    no_load_percent: float
    iron_loss_kw: float
    clock: int = 0
    tap_side: Literal["from", "to"] = "from"
    tap_position: int = 0
    tap_step_percent: float = 0.0
    from_closed: bool = True
    to_closed: bool = True


class LoadRow(Message):
    """A load in the file."""

    id: Identifier
    name: _Name = ""
    bus: Identifier
    p_kw: float
    q_kvar: float
    profile: Identifier | None = None


class ConnectionPointRow(Message):
    """A connection point in the file."""

    pod_id: PodId
    bus: Identifier


class ProfileRow(Message):
    """A profile in the file: 96 factors from 00:00 on the zone's clocks."""

    id: Identifier
    factors: Annotated[list[float], msgspec.Meta(max_length=1000)]


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
        raise NetworkInvalid([Fault("file", FaultKind.MALFORMED, str(error))]) from error
    return check(_network(file))


def _network(file: NetworkFile) -> Network:
    faults: list[Fault] = []

    def rows(name: str, content: Sequence[msgspec.Raw], kind: type[T]) -> Iterator[T]:
        for place, raw in enumerate(content):
            try:
                yield msgspec.json.decode(raw, type=kind)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                faults.append(_fault(f"{name}[{place}]", raw, str(error)))

    def plain(row: Message, kind: Callable[..., T]) -> T:
        return kind(**{name: getattr(row, name) for name in row.__struct_fields__})

    network = Network(
        id=file.id,
        name=file.name,
        version=file.version,
        description=file.description,
        buses=tuple(plain(row, Bus) for row in rows("buses", file.buses, BusRow)),
        sources=tuple(plain(row, Source) for row in rows("sources", file.sources, SourceRow)),
        lines=tuple(_line(row) for row in rows("lines", file.lines, LineRow)),
        transformers=tuple(
            plain(row, Transformer)
            for row in rows("transformers", file.transformers, TransformerRow)
        ),
        loads=tuple(plain(row, Load) for row in rows("loads", file.loads, LoadRow)),
        connection_points=tuple(
            plain(row, ConnectionPoint)
            for row in rows("connectionPoints", file.connection_points, ConnectionPointRow)
        ),
        profiles=tuple(
            Profile(row.id, tuple(row.factors))
            for row in rows("profiles", file.profiles, ProfileRow)
        ),
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
    )


class _Named(msgspec.Struct):
    id: str = ""
    podId: str = ""  # noqa: N815 - as it stands in the file


def _fault(place: str, raw: msgspec.Raw, reason: str) -> Fault:
    """The fault of an element that cannot be decoded, by its identifier where it has one."""
    try:
        named = msgspec.json.decode(raw, type=_Named)
    except msgspec.DecodeError:
        named = _Named()
    missing = "missing required field" in reason
    without_limit = missing and any(name in reason for name in ("`limitA`", "`ratedKva`"))
    kind = FaultKind.MISSING_LIMIT if without_limit else FaultKind.MALFORMED
    return Fault(named.id or named.podId or place, kind, reason)
