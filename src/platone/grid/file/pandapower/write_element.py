"""Writers of buses and of what is connected to one of them."""

import math
from typing import Any

import msgspec

from platone.grid.file.pandapower.node import MOST_VOLTAGE
from platone.grid.file.pandapower.tables import Tables
from platone.grid.file.pandapower.zero_sequence import BEHIND_MACHINE, columns_behind
from platone.grid.network.element import Bus, ConnectionPoint, Generator, Load, Shunt, Source

_POWER = "name:t bus:i p_mw:n q_mvar:n sn_mva:n scaling:n in_service:f type:t profile:t?"
_PHASES = (
    "name:t bus:i p_a_mw:n q_a_mvar:n p_b_mw:n q_b_mvar:n p_c_mw:n q_c_mvar:n sn_mva:n scaling:n"
    " in_service:f type:t profile:t?"
)
_BEHIND = " ".join(f"{column}:n?" for column in BEHIND_MACHINE.values())
COLUMNS = {
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
"""Columns of the tables that these writers fill, as `Frame` takes them."""
_GENERATING = ("sgen", "asymmetric_sgen")
_NO_VOLTAGE_DEPENDENCE = dict.fromkeys(
    ("const_z_p_percent", "const_z_q_percent", "const_i_p_percent", "const_i_q_percent"), 0.0
)


def write_bus(tables: Tables, bus: Bus) -> None:
    """Write a bus."""
    geo = None
    if bus.position is not None:
        point = {"coordinates": list(bus.position), "type": "Point"}
        geo = msgspec.json.encode(point).decode()
    tables.nominal_kv[bus.id] = bus.nominal_kv
    tables.bus_index[bus.id] = tables.add(
        "bus",
        bus.id,
        name=bus.name,
        vn_kv=bus.nominal_kv,
        type="b",
        in_service=True,
        geo=geo,
        min_vm_pu=bus.min_pu,
        max_vm_pu=bus.max_pu,
    )


def write_shunt(tables: Tables, shunt: Shunt) -> None:
    """Write a shunt by its power at nominal voltage."""
    tables.add(
        "shunt",
        shunt.id,
        name=shunt.name,
        bus=tables.bus_index[shunt.bus],
        q_mvar=shunt.q_kvar / 1e3,
        p_mw=shunt.p_kw / 1e3,
        vn_kv=tables.nominal_kv[shunt.bus],
        step=1.0,
        max_step=1,
        step_dependency_table=False,
        in_service=shunt.closed,
    )


def write_source(tables: Tables, source: Source) -> None:
    """Write a source as an external grid; one that was a generator marked as slack as that."""
    values: dict[str, Any] = {
        "bus": tables.bus_index[source.bus],
        "in_service": source.closed,
        "vm_pu": source.voltage_pu,
        "slack_weight": 1.0,
    }
    if source.id.startswith("gen/") and not source.angle_deg:
        values |= {"p_mw": 0.0, "scaling": 1.0, "slack": True}
        tables.add("gen", source.id, **values, **columns_behind(source))
    else:
        behind = _behind(source, tables.nominal_kv[source.bus])
        tables.add("ext_grid", source.id, va_degree=source.angle_deg, **values, **behind)


def _behind(source: Source, nominal_kv: float) -> dict[str, float | None]:
    """Return the grid behind a source, as pandapower describes it for its `runpp_3ph`.

    Without a reactance pandapower cannot say it; columns of ours can.
    """
    r, x = source.negative_resistance_ohm or 0.0, source.negative_reactance_ohm
    r0, x0 = source.zero_resistance_ohm or 0.0, source.zero_reactance_ohm or 0.0
    if not x or (r0 and not x0):
        return columns_behind(source)
    found: dict[str, float | None] = {
        "s_sc_max_mva": MOST_VOLTAGE * nominal_kv**2 / math.hypot(r, x),
        "rx_max": r / x,
    }
    return found | {"x0x_max": x0 / x, "r0x0_max": r0 / x0 if x0 else 0.0}


def write_generator(tables: Tables, generator: Generator) -> None:
    """Write a generator that holds a voltage."""
    tables.add(
        "gen",
        generator.id,
        name=generator.name,
        bus=tables.bus_index[generator.bus],
        p_mw=-generator.p_kw / 1e3,
        vm_pu=generator.voltage_pu,
        scaling=1.0,
        slack=False,
        in_service=generator.closed,
        slack_weight=0.0,
        **columns_behind(generator),
    )


def write_load(tables: Tables, load: Load) -> None:
    """Write a load in the table that its identifier names, else as a load."""
    table = load.id.split("/", maxsplit=1)[0]
    if load.phase_kw is None or load.phase_kvar is None:
        table = table if table in {"sgen", "storage"} else "load"
        factor = (-1 if table in _GENERATING else 1) / 1e3
        power = {"p_mw": load.p_kw * factor, "q_mvar": load.q_kvar * factor}
    else:
        table = table if table == "asymmetric_sgen" else "asymmetric_load"
        factor = (-1 if table in _GENERATING else 1) / 1e3
        power = {f"p_{i}_mw": p * factor for i, p in zip("abc", load.phase_kw, strict=True)}
        power |= {f"q_{i}_mvar": q * factor for i, q in zip("abc", load.phase_kvar, strict=True)}
    values = {"name": load.name, "profile": load.profile, "in_service": load.closed}
    _add_power(tables, table, load.id, load.bus, **values, **power)


def write_connection_point(tables: Tables, point: ConnectionPoint) -> None:
    """Write a point of delivery as a load without power that carries its identifier."""
    ids = {"pod_id": point.pod_id, "pod_phases": point.phases}
    _add_power(tables, "load", None, point.bus, **ids)


def _add_power(tables: Tables, table: str, element: str | None, bus: str, **values: Any) -> None:
    common = {"p_mw": 0.0, "q_mvar": 0.0, "scaling": 1.0, "in_service": True, "type": "wye"}
    own = {"load": _NO_VOLTAGE_DEPENDENCE}.get(table, {"current_source": True})
    tables.add(table, element, **(common | own | {"bus": tables.bus_index[bus]} | values))
