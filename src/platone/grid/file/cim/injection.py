"""The readers of injections: their power as the state has it, and the voltage that they hold.

All powers of CIM are in load convention at the terminal (IEC 61970-456; RotatingMachine.p is
positive when it flows out of the node), as in the network model; only ``initialP`` of a
generating unit is positive when it generates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.end import End
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.kind import CONSUMERS, HOLDERS
from platone.grid.file.cim.phase import ByPhase, PhaseTable
from platone.grid.file.cim.profile import is_without_state

_POWER = {
    "AsynchronousMachine": ("RotatingMachine.p", "RotatingMachine.q"),
    "SynchronousMachine": ("RotatingMachine.p", "RotatingMachine.q"),
    "EnergySource": ("EnergySource.activePower", "EnergySource.reactivePower"),
    "VsConverter": ("ACDCConverter.p", "ACDCConverter.q"),
    "CsConverter": ("ACDCConverter.p", "ACDCConverter.q"),
}
_CONSUMER_POWER = ("EnergyConsumer.p", "EnergyConsumer.q")
_CONVERTERS = ("VsConverter", "CsConverter")
_MEGA = 1e3
"""kW of a MW: CIM's powers are in MW and Mvar."""
_MULTIPLIER = {"none": 1e-3, "k": 1.0, "M": 1e3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One equipment that withdraws or feeds in.

    Attributes:
        record: The equipment.
        end: Where.
        closed: Whether it is switched on.
        kva: What it withdraws, kW + j kvar; none where the files do not say.
        solved_kva: What the solved state says that it withdraws; none where it does not say.
        target_kv: The voltage that it holds; none where it holds none.
        controlled: Key of the node at which it holds it; empty where it holds none.
        priority: Its priority as reference of the angle: 1 is the highest, 0 is none.
        by_phase: How a consumer is connected to the phases; none where the files do not say.
    """

    record: CimObject
    end: End
    closed: bool
    kva: complex | None
    solved_kva: complex | None
    target_kv: float | None = None
    controlled: str = ""
    priority: int = 0
    by_phase: ByPhase | None = None


def read_consumers(grid: Grid) -> Iterator[Injection]:
    """Yield the loads."""
    for each in _injections(grid, CONSUMERS):
        if each.kva is None:
            why = ": the state (profile SSH) is missing" if is_without_state(grid.model) else ""
            reason = f"has no power in the files{why}: 0 is taken"
            grid.model.remark_alike(each.record.id, reason)
        response = grid.model.find(each.record.text("EnergyConsumer.LoadResponse"))
        if response is not None and _depends_on_voltage(response):
            reason = "depends on the voltage: its power is taken as constant"
            grid.model.remark_alike(each.record.id, reason)
        yield each


def read_holders(grid: Grid) -> Iterator[Injection]:
    """Yield what may hold a voltage."""
    return _injections(grid, HOLDERS)


def _injections(grid: Grid, kinds: tuple[str, ...]) -> Iterator[Injection]:
    by_state = any(each.profile == "SSH" for each in grid.model.documents)
    phases = PhaseTable(grid.model)
    for each in grid.equipment(*kinds):
        ends = grid.ends(each, 1)
        by_phase = phases.of(each)
        own = _injection(grid, each, ends[0], by_phase, by_state=by_state) if ends else None
        if grid.take(each, ends) and own is not None:
            yield own


def _injection(
    grid: Grid, record: CimObject, end: End, by_phase: ByPhase | None, *, by_state: bool
) -> Injection:
    solved = grid.solved.flow.get(end.terminal)
    solved_kva = None if solved is None else complex(*solved) * _MEGA
    closed = grid.in_service(record) and end.closed
    target_kv, controlled = _target(grid, record, end, by_state=by_state)
    given = [_state_power(record), solved_kva, _equipment_power(grid, record)]
    given += [by_phase.kva] if by_phase else []
    if solved_kva is not None and _follows_voltage(grid, record):
        given.insert(0, solved_kva)
    kva = next((each for each in given if each is not None), None)
    if record.kind in _CONVERTERS and kva is None and closed:
        _require_own_power(record)
    return Injection(
        record=record,
        end=end,
        closed=closed,
        kva=kva,
        solved_kva=solved_kva,
        target_kv=target_kv,
        controlled=controlled,
        priority=record.whole(f"{record.kind}.referencePriority", 0),
        by_phase=by_phase,
    )


def _follows_voltage(grid: Grid, record: CimObject) -> bool:
    """Return whether its solved power may differ from that of SSH, which is for nominal voltage."""
    if record.kind == "StaticVarCompensator":
        return True
    response = grid.model.find(record.text("EnergyConsumer.LoadResponse"))
    return response is not None and _depends_on_voltage(response)


def _require_own_power(converter: CimObject) -> None:
    """Refuse a converter that balances its direct-current grid: only a solution tells its power."""
    owner = converter.kind
    if converter.member(f"{owner}.pPccControl") not in {"activePower", "pPcc", ""}:
        converter.unsupported("it controls its direct-current side, and no solved power is given")


def _state_power(record: CimObject) -> complex | None:
    own = (f"{record.kind}.p", f"{record.kind}.q")
    names = _POWER.get(record.kind, _CONSUMER_POWER if record.kind in CONSUMERS else own)
    p, q = (record.maybe(name) for name in names)
    if record.kind == "StaticVarCompensator":
        p = 0.0 if q is not None else None
    return None if p is None else complex(p, q or 0.0) * _MEGA


def _equipment_power(grid: Grid, record: CimObject) -> complex | None:
    """Return the power that the equipment file gives where there is no state."""
    p, q = (record.maybe(f"EnergyConsumer.{part}fixed") for part in "pq")
    if p is None:
        unit = grid.model.find(
            record.text("RotatingMachine.GeneratingUnit", "SynchronousMachine.GeneratingUnit")
        )
        generated = None if unit is None else unit.maybe("GeneratingUnit.initialP")
        p = None if generated is None else -generated
        q = record.maybe("SynchronousMachine.baseQ")
        q = None if q is None else -q
    return None if p is None else complex(p, q or 0.0) * _MEGA


def _target(grid: Grid, record: CimObject, end: End, *, by_state: bool) -> tuple[float | None, str]:
    """Return the voltage that an equipment holds, kV, and the node at which it does."""
    if record.kind == "EquivalentInjection":
        on = record.flag("EquivalentInjection.regulationStatus", default=False)
        return _positive(record.maybe("EquivalentInjection.regulationTarget"), end.node, on=on)
    if record.kind == "VsConverter":
        on = record.member("VsConverter.qPccControl") == "voltagePcc"
        return _positive(record.maybe("VsConverter.targetUpcc"), end.node, on=on)
    control = grid.model.find(record.text("RegulatingCondEq.RegulatingControl"))
    if control is None:
        return None, ""
    on = (
        record.flag("RegulatingCondEq.controlEnabled", default=not by_state)
        and control.flag("RegulatingControl.enabled", default=not by_state)
        and control.member("RegulatingControl.mode") in {"voltage", ""}
    )
    multiplier = control.member("RegulatingControl.targetValueUnitMultiplier") or "k"
    value = control.maybe("RegulatingControl.targetValue")
    if value is not None:
        value *= _MULTIPLIER.get(multiplier, 1.0)
    elif record.kind == "StaticVarCompensator":
        value = record.maybe("StaticVarCompensator.voltageSetPoint")
    terminal = grid.model.find(control.text("RegulatingControl.Terminal"), "Terminal")
    node = end.node if terminal is None else grid.nodes.key(terminal)
    record.faults += control.faults
    return _positive(value, node, on=on)


def _positive(value: float | None, node: str, *, on: bool) -> tuple[float | None, str]:
    return (value, node) if on and value and value > 0 else (None, "")


def _depends_on_voltage(response: CimObject) -> bool:
    owner = "LoadResponseCharacteristic"
    if response.flag(f"{owner}.exponentModel", default=False):
        return any(response.maybe(f"{owner}.{part}VoltageExponent") for part in "pq")
    parts = ("pConstantCurrent", "qConstantCurrent", "pConstantImpedance", "qConstantImpedance")
    return any(response.maybe(f"{owner}.{part}") for part in parts)
