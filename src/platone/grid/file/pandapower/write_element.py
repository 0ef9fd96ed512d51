"""Buses and what stands at one of them, written as tables."""

import math
from typing import Any

import msgspec

from platone.grid.file.pandapower.frame import Frame
from platone.grid.file.pandapower.node import MOST_VOLTAGE
from platone.grid.file.pandapower.zero_sequence import BEHIND_MACHINE, columns_behind
from platone.grid.network.element import Bus, Generator, Load, Source
from platone.grid.network.model import Network

_POWER = "name:t bus:i p_mw:n q_mvar:n sn_mva:n scaling:n in_service:f type:t profile:t?"
_PHASES = (
    "name:t bus:i p_a_mw:n q_a_mvar:n p_b_mw:n q_b_mvar:n p_c_mw:n q_c_mvar:n sn_mva:n scaling:n"
    " in_service:f type:t profile:t?"
)
_BEHIND = " ".join(f"{column}:n?" for column in BEHIND_MACHINE.values())
_COLUMNS = {
    "bus": "name:t vn_kv:n type:t zone:t in_service:f geo:t min_vm_pu:n max_vm_pu:n",
    "ext_grid": (
        "name:t bus:i vm_pu:n va_degree:n slack_weight:n in_service:f s_sc_max_mva:n? rx_max:n?"
        f" x0x_max:n? r0x0_max:n? {_BEHIND}"
    ),
    "gen": (
        "name:t bus:i p_mw:n vm_pu:n sn_mva:n min_q_mvar:n max_q_mvar:n scaling:n slack:f"
        f" in_service:f slack_weight:n type:t {_BEHIND}"
    ),
    "load": (
        f"{_POWER} pod_id:t? pod_phases:t? const_z_p_percent:n const_z_q_percent:n"
        " const_i_p_percent:n const_i_q_percent:n"
    ),
    "sgen": f"{_POWER} current_source:f",
    "storage": f"{_POWER} soc_percent:n min_e_mwh:n max_e_mwh:n",
    "asymmetric_load": _PHASES,
    "asymmetric_sgen": f"{_PHASES} current_source:f",
    "shunt": (
        "name:t bus:i q_mvar:n p_mw:n vn_kv:n step:n max_step:i id_characteristic_table:I"
        " step_dependency_table:f in_service:f"
    ),
}
_GENERATING = ("sgen", "asymmetric_sgen")
_NO_VOLTAGE_DEPENDENCE = dict.fromkeys(
    ("const_z_p_percent", "const_z_q_percent", "const_i_p_percent", "const_i_q_percent"), 0.0
)


class ElementTables:
    """Tables of buses and of what stands at one of them.

    Attributes:
        bus_index: Index of each bus by its identifier.
    """

    def __init__(self, network: Network) -> None:
        taken = [each.id for each in network.elements()]
        self._frames = {name: Frame(name, text, taken) for name, text in _COLUMNS.items()}
        self._nominal_kv = {bus.id: bus.nominal_kv for bus in network.buses}
        self.bus_index: dict[str, int] = {}
        for bus in network.buses:
            self.add_bus(bus)
        for source in network.sources:
            self._add_source(source)
        for generator in network.generators:
            self._add_generator(generator)
        for load in network.loads:
            self._add_load(load)
        for point in network.connection_points:
            self._add_power("load", None, point.bus, pod_id=point.pod_id, pod_phases=point.phases)
        for shunt in network.shunts:
            self.add_shunt(
                shunt.id, shunt.name, shunt.bus, shunt.p_kw, shunt.q_kvar, closed=shunt.closed
            )

    def encoded(self) -> dict[str, Any]:
        """The tables in the file's form."""
        return {name: frame.encoded() for name, frame in self._frames.items()}

    def add_bus(self, bus: Bus) -> None:
        """Add a bus."""
        geo = None
        if bus.position is not None:
            point = {"coordinates": list(bus.position), "type": "Point"}
            geo = msgspec.json.encode(point).decode()
        self.bus_index[bus.id] = self._frames["bus"].add(
            bus.id,
            name=bus.name,
            vn_kv=bus.nominal_kv,
            type="b",
            in_service=True,
            geo=geo,
            min_vm_pu=bus.min_pu,
            max_vm_pu=bus.max_pu,
        )

    def add_shunt(
        self, element: str, name: str, bus: str, p_kw: float, q_kvar: float, *, closed: bool
    ) -> None:
        """Add a shunt by its power at nominal voltage."""
        self._frames["shunt"].add(
            element,
            name=name,
            bus=self.bus_index[bus],
            q_mvar=q_kvar / 1e3,
            p_mw=p_kw / 1e3,
            vn_kv=self._nominal_kv[bus],
            step=1.0,
            max_step=1,
            step_dependency_table=False,
            in_service=closed,
        )

    def _add_source(self, source: Source) -> None:
        place = {"bus": self.bus_index[source.bus], "in_service": source.closed}
        if source.id.startswith("gen/") and not source.angle_deg:
            values: dict[str, Any] = {
                "p_mw": 0.0,
                "scaling": 1.0,
                "slack": True,
                "slack_weight": 1.0,
            }
            values |= place | columns_behind(source)
            self._frames["gen"].add(source.id, vm_pu=source.voltage_pu, **values)
        else:
            self._frames["ext_grid"].add(
                source.id,
                vm_pu=source.voltage_pu,
                va_degree=source.angle_deg,
                slack_weight=1.0,
                **self._behind(source),
                **place,
            )

    def _behind(self, source: Source) -> dict[str, float | None]:
        """The grid behind a source, as pandapower describes it for its `runpp_3ph`.

        Without a reactance pandapower cannot say it; columns of ours can.
        """
        r, x = source.negative_resistance_ohm or 0.0, source.negative_reactance_ohm
        r0, x0 = source.zero_resistance_ohm or 0.0, source.zero_reactance_ohm or 0.0
        if not x or (r0 and not x0):
            return columns_behind(source)
        squared_kv = self._nominal_kv[source.bus] ** 2
        found: dict[str, float | None] = {
            "s_sc_max_mva": MOST_VOLTAGE * squared_kv / math.hypot(r, x),
            "rx_max": r / x,
        }
        return found | {"x0x_max": x0 / x, "r0x0_max": r0 / x0 if x0 else 0.0}

    def _add_generator(self, generator: Generator) -> None:
        self._frames["gen"].add(
            generator.id,
            name=generator.name,
            bus=self.bus_index[generator.bus],
            p_mw=-generator.p_kw / 1e3,
            vm_pu=generator.voltage_pu,
            scaling=1.0,
            slack=False,
            in_service=generator.closed,
            slack_weight=0.0,
            **columns_behind(generator),
        )

    def _add_load(self, load: Load) -> None:
        table = load.id.split("/", maxsplit=1)[0]
        values = {"name": load.name, "profile": load.profile, "in_service": load.closed}
        if load.phase_kw is None or load.phase_kvar is None:
            table = table if table in {"sgen", "storage"} else "load"
            factor = (-1 if table in _GENERATING else 1) / 1e3
            power = {"p_mw": load.p_kw * factor, "q_mvar": load.q_kvar * factor}
        else:
            table = table if table == "asymmetric_sgen" else "asymmetric_load"
            factor = (-1 if table in _GENERATING else 1) / 1e3
            power = {f"p_{i}_mw": p * factor for i, p in zip("abc", load.phase_kw, strict=True)}
            power |= {
                f"q_{i}_mvar": q * factor for i, q in zip("abc", load.phase_kvar, strict=True)
            }
        self._add_power(table, load.id, load.bus, **values, **power)

    def _add_power(self, table: str, element: str | None, bus: str, **values: Any) -> None:
        common = {"p_mw": 0.0, "q_mvar": 0.0, "scaling": 1.0, "in_service": True, "type": "wye"}
        own = {"load": _NO_VOLTAGE_DEPENDENCE}.get(table, {"current_source": True})
        self._frames[table].add(element, **(common | own | {"bus": self.bus_index[bus]} | values))
