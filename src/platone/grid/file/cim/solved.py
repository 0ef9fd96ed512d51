"""The solved state in the files (profile SV): voltages, flows, taps, sections, status."""

from dataclasses import dataclass

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedState:
    """The solved state that the files hold.

    Attributes:
        voltage: kV and degrees, by key of the topological node; nothing where it is 0.
        flow: MW and Mvar into the equipment, by key of the terminal.
        tap: Position by key of the tap changer.
        sections: By key of the shunt compensator.
        in_service: By key of the equipment.
        open: By key of the switch.
        reference: Keys of the nodes whose angle is the reference, one an island.
    """

    voltage: dict[str, tuple[float, float]]
    flow: dict[str, tuple[float, float]]
    tap: dict[str, float]
    sections: dict[str, float]
    in_service: dict[str, bool]
    open: dict[str, bool]
    reference: frozenset[str]


def solved_state(model: Model) -> SolvedState:
    """Gather the solved state; an object without its numbers is left out with a remark."""
    voltage = {
        each.text("SvVoltage.TopologicalNode"): pair
        for each in model.of("SvVoltage")
        if (pair := _pair(model, each, "SvVoltage.v", "SvVoltage.angle")) and pair[0] > 0
    }
    flow = {
        each.text("SvPowerFlow.Terminal"): pair
        for each in model.of("SvPowerFlow")
        if (pair := _pair(model, each, "SvPowerFlow.p", "SvPowerFlow.q"))
    }
    return SolvedState(
        voltage=voltage,
        flow=flow,
        tap=_numbers(model, "SvTapStep", "position", "continuousPosition", of="TapChanger"),
        sections=_numbers(
            model,
            "SvShuntCompensatorSections",
            "sections",
            "continuousSections",
            of="ShuntCompensator",
        ),
        in_service=_flags(model, "SvStatus", "inService", of="ConductingEquipment"),
        open=_flags(model, "SvSwitch", "open", of="Switch"),
        reference=frozenset(
            found
            for each in model.of("TopologicalIsland")
            if (found := each.text("TopologicalIsland.AngleRefTopologicalNode"))
        ),
    )


def _pair(model: Model, record: CimObject, first: str, second: str) -> tuple[float, float] | None:
    one, other = record.maybe(first), record.maybe(second)
    if one is None or record.faults:
        model.remark(record.id, f"this {record.kind} lacks a number and is not used")
        return None
    if other is None:
        model.remark(record.id, f"{second} is missing: 0 is taken")
    return one, other or 0.0


def _numbers(model: Model, kind: str, *names: str, of: str) -> dict[str, float]:
    found = {}
    for each in model.of(kind):
        value = each.maybe(*(f"{kind}.{name}" for name in names))
        if value is not None and not each.faults:
            found[each.text(f"{kind}.{of}")] = value
    return found


def _flags(model: Model, kind: str, name: str, of: str) -> dict[str, bool]:
    found = {}
    for each in model.of(kind):
        value = each.flag(f"{kind}.{name}", default=True)
        if each.values.get(f"{kind}.{name}") and not each.faults:
            found[each.text(f"{kind}.{of}")] = value
    return found
