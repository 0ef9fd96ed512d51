"""Writers of loads and points of delivery."""

from collections.abc import Iterable

from platone.grid.file.cim.consumer import POD
from platone.grid.file.cim.phase import PHASES
from platone.grid.file.cim.writing import Writing
from platone.grid.file.cim.xml_writer import Member, Ref
from platone.grid.network.element import ConnectionPoint, Load

_MEGA = 1e3
"""kW of a MW: CIM's powers are in MW and Mvar."""
_ALL = "".join(PHASES)


def write_load(writing: Writing, load: Load) -> None:
    """Write a load, at its power in the state where there is one."""
    place = writing.load_place[load.id]
    kva = writing.consumer_kva(place, complex(load.p_kw, load.q_kvar))
    terminal = _consumer(writing, load.id, load.name, load.bus, kva, closed=load.closed)
    writing.powers[terminal] = kva / _MEGA if load.closed else 0j
    _phases(writing, load.id, _of_load(load, kva))


def write_connection_point(writing: Writing, point: ConnectionPoint) -> None:
    """Write a point of delivery: a consumer with a further name of the type PoD."""
    kva = writing.consumer_kva(writing.network.pod_position[point.pod_id], 0j)
    identifier = f"pod/{point.pod_id}"
    terminal = _consumer(writing, identifier, point.pod_id, point.bus, kva, closed=True)
    writing.powers[terminal] = kva / _MEGA
    _phases(writing, identifier, _of_point(point, kva))
    writing.eq.add(
        "Name",
        writing.made(identifier, "name"),
        Name_name=point.pod_id,
        Name_NameType=Ref(writing.made("name type", POD)),
        Name_IdentifiedObject=Ref(writing.id(identifier)),
    )


def write_name_type(writing: Writing) -> None:
    """Write the type of name that tells points of delivery, if there are any."""
    if writing.network.connection_points:
        names = writing.made("name type", POD)
        writing.eq.add("NameType", names, IdentifiedObject_mRID=names[1:], NameType_name=POD)


def _consumer(
    writing: Writing, identifier: str, name: str, bus: str, kva: complex, *, closed: bool
) -> str:
    writing.eq.add(
        "EnergyConsumer",
        writing.id(identifier),
        **writing.facts(identifier, name),
        Equipment_EquipmentContainer=Ref(writing.level(bus)),
    )
    writing.ssh.about(
        "EnergyConsumer",
        writing.id(identifier),
        EnergyConsumer_p=kva.real / _MEGA,
        EnergyConsumer_q=kva.imag / _MEGA,
    )
    return writing.terminal(identifier, 1, bus, connected=closed)


def _of_load(load: Load, kva: complex) -> list[tuple[str, complex]]:
    """Return a load's power in each phase, in proportion to its own powers by phase."""
    if load.phase_kw is None:
        return []
    kw = load.phase_kw
    kvar = load.phase_kvar or tuple(load.q_kvar * _part(each, load.p_kw) for each in kw)
    scale_p = kva.real / load.p_kw if load.p_kw else 1.0
    scale_q = kva.imag / load.q_kvar if load.q_kvar else 1.0
    parts = zip(PHASES, kw, kvar, strict=True)
    found = [(phase, complex(p * scale_p, q * scale_q)) for phase, p, q in parts]
    return [each for each in found if each[1]] or found


def _part(own: float, total: float) -> float:
    return own / total if total else 1 / len(PHASES)


def _of_point(point: ConnectionPoint, kva: complex) -> list[tuple[str, complex]]:
    """Return a point of delivery's power in each of its phases; none where it has all."""
    if set(point.phases) == set(_ALL):
        return []
    return [(phase, kva / len(point.phases)) for phase in point.phases]


def _phases(writing: Writing, identifier: str, parts: Iterable[tuple[str, complex]]) -> None:
    """Write powers by phase: a class that CGMES leaves out, and whose readers pass it over."""
    for phase, kva in parts:
        made = writing.made(identifier, "phase", phase)
        writing.eq.add(
            "EnergyConsumerPhase",
            made,
            IdentifiedObject_mRID=made[1:],
            IdentifiedObject_name=phase,
            EnergyConsumerPhase_phase=Member(f"SinglePhaseKind.{phase}"),
            EnergyConsumerPhase_EnergyConsumer=Ref(writing.id(identifier)),
        )
        writing.ssh.about(
            "EnergyConsumerPhase",
            made,
            EnergyConsumerPhase_p=kva.real / _MEGA,
            EnergyConsumerPhase_q=kva.imag / _MEGA,
        )
