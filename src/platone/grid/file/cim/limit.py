"""Operational limits: permanent currents and powers of equipment, voltages of buses."""

import math
from collections.abc import Sequence
from dataclasses import replace

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.end import End
from platone.grid.file.cim.kind import LINES
from platone.grid.file.cim.model import Model
from platone.grid.file.cim.node import NodeTable
from platone.grid.network.element import Bus

_NO_LIMIT = 1e9
"""Value that files write where there is no limit: the greatest number of some kind."""
_PERMANENT = ("patl", "")
_WARNING = ("alarmVoltage", "warningVoltage")
_UNKNOWN = "unknown"
_TYPE = "OperationalLimit.OperationalLimitType"
_VALUE = {
    "CurrentLimit": ("CurrentLimit.value", "CurrentLimit.normalValue"),
    "ApparentPowerLimit": ("ApparentPowerLimit.value", "ApparentPowerLimit.normalValue"),
    "VoltageLimit": ("VoltageLimit.value", "VoltageLimit.normalValue"),
}


class LimitTable:
    """The limits of all equipment.

    A terminal or equipment may have several permanent limits, of seasons or of its parts: the
    least counts. Temporary ones (TATL) and warnings are not used.
    """

    def __init__(self, model: Model, nodes: NodeTable) -> None:
        self._model = model
        self._nodes = nodes
        self._amperes: dict[str, float] = {}
        self._mva: dict[str, float] = {}
        self._low_kv: dict[str, float] = {}
        self._high_kv: dict[str, float] = {}
        self._sets = {each.key: each for each in model.of("OperationalLimitSet")}
        several: list[str] = []
        for table, kind in ((self._amperes, "CurrentLimit"), (self._mva, "ApparentPowerLimit")):
            for each in model.of(kind):
                self._add_permanent(table, each, several)
        for each in model.of("VoltageLimit"):
            self._add_voltage(each)
        reason = "has several permanent limits: the least counts"
        model.remark_once(list(dict.fromkeys(several)), reason)
        power = [each.id for each in model.of("ActivePowerLimit")]
        model.remark_once(power, "limits of active power are not watched")

    def _add_permanent(self, table: dict[str, float], limit: CimObject, several: list[str]) -> None:
        kind = self._kind(limit)
        if kind == _UNKNOWN:
            reason = "names a type of limit (OperationalLimitType) that none of the files defines"
            self._model.remark_alike(limit.id, f"{reason}: this limit is not watched")
        if kind not in _PERMANENT:
            return
        value = self._value(limit)
        if value is None:
            return
        for where in self._where(limit):
            if not self._is_of_branch(where):
                reason = "is of neither line nor transformer: this limit is not watched"
                self._model.remark_alike(limit.id, reason)
                continue
            if table.get(where, value) != value:
                several.append(self._name(where))
            table[where] = min(value, table.get(where, math.inf))

    def _add_voltage(self, limit: CimObject) -> None:
        kind, direction = self._kind(limit), self._direction(limit)
        value = self._value(limit)
        if value is None or kind in _WARNING:
            return
        for where in self._where(limit):
            if kind == "lowVoltage" or (kind != "highVoltage" and direction == "low"):
                self._low_kv[where] = max(value, self._low_kv.get(where, 0.0))
            elif kind == "highVoltage" or direction == "high":
                self._high_kv[where] = min(value, self._high_kv.get(where, math.inf))

    def _value(self, limit: CimObject) -> float | None:
        """Return a limit's value; none where it has none that can be used."""
        value = limit.limit(*_VALUE[limit.kind])
        if value is None or limit.faults:
            self._model.remark_alike(limit.id, "has no value above 0: this limit is not watched")
            return None
        return value if value < _NO_LIMIT else None

    def _where(self, limit: CimObject) -> list[str]:
        """Return the key of the terminal that a limit is for, or else of the equipment."""
        own = self._sets.get(limit.text("OperationalLimit.OperationalLimitSet"))
        if own is None:
            self._model.remark(limit.id, f"this {limit.kind} is of no equipment")
            return []
        found = own.text("OperationalLimitSet.Terminal", "OperationalLimitSet.Equipment")
        return [found] if found else []

    def _is_of_branch(self, where: str) -> bool:
        found = self._model.find(where)
        if found is not None and found.kind == "Terminal":
            found = self._model.find(found.text("Terminal.ConductingEquipment"))
        return found is not None and found.kind in (*LINES, "PowerTransformer")

    def _name(self, where: str) -> str:
        found = self._model.find(where)
        return where if found is None else found.id

    def _type(self, limit: CimObject) -> CimObject | None:
        return self._model.find(limit.text(_TYPE))

    def _kind(self, limit: CimObject) -> str:
        """Return the kind of a limit: ``patl``, ``tatl``, ``highVoltage`` …; empty: permanent."""
        own = self._type(limit)
        if own is None:
            return _UNKNOWN if limit.text(_TYPE) else ""
        kind = own.member("OperationalLimitType.kind") or own.member(
            "OperationalLimitType.limitType"
        )
        if kind:
            return kind
        name = (own.name or limit.name).lower()
        if name in {"patl", "tatl", "tc", "tct", "highvoltage", "lowvoltage"}:
            return name.replace("voltage", "Voltage")
        endless = own.flag("OperationalLimitType.isInfiniteDuration", default=False)
        lasts = own.maybe("OperationalLimitType.acceptableDuration")
        return "patl" if endless or not lasts else "tatl"

    def _direction(self, limit: CimObject) -> str:
        own = self._type(limit)
        return "" if own is None else own.member("OperationalLimitType.direction")

    def amperes(self, record: CimObject, ends: Sequence[End]) -> float | None:
        """Return the greatest current that is allowed at all ends, A; none: not watched."""
        return min(
            (found for end in ends for found in self.at_end(record, end)),
            default=None,
        )

    def at_end(self, record: CimObject, end: End) -> list[float]:
        """Return the greatest currents that are allowed at one end, A."""
        found = []
        for where in (end.terminal, record.key):
            if where in self._amperes:
                found.append(self._amperes[where])
            if where in self._mva:
                found.append(self._mva[where] * 1e3 / (math.sqrt(3) * end.kv))
        return found

    def watched(self, buses: tuple[Bus, ...]) -> tuple[Bus, ...]:
        """Return the buses with the limits of the equipment at them, such as busbar sections."""
        low: dict[str, float] = {}
        high: dict[str, float] = {}
        for equipment, terminals in self._model.terminals.items():
            for terminal in terminals:
                for where in (terminal.key, equipment):
                    bus = self._nodes.bus(terminal)
                    if where in self._low_kv:
                        low[bus] = max(self._low_kv[where], low.get(bus, 0.0))
                    if where in self._high_kv:
                        high[bus] = min(self._high_kv[where], high.get(bus, math.inf))
        return tuple(_with(bus, low.get(bus.id), high.get(bus.id)) for bus in buses)


def _with(bus: Bus, low_kv: float | None, high_kv: float | None) -> Bus:
    if low_kv is None and high_kv is None:
        return bus
    low = bus.min_pu if low_kv is None else low_kv / bus.nominal_kv
    high = bus.max_pu if high_kv is None else high_kv / bus.nominal_kv
    return replace(bus, min_pu=low, max_pu=high)
