"""The voltages that pandapower calculated before it wrote the file: its table ``res_bus``."""

import math
from collections.abc import Iterator
from typing import Any

from platone.grid.file.pandapower.document import SOLVED_TABLE
from platone.grid.file.pandapower.row import Grid
from platone.grid.network.element import SolvedVoltage


def solved_voltages(grid: Grid) -> Iterator[SolvedVoltage]:
    """Yield the voltage of each bus that was calculated; what nothing fed has none."""
    table = grid.document.table(SOLVED_TABLE)
    for index, cells in zip(table.index, table.rows, strict=True):
        row = dict(zip(table.columns, cells, strict=True))
        voltage_pu, angle_deg = _number(row.get("vm_pu")), _number(row.get("va_degree"))
        bus = grid.bus_ids.get(index)
        if voltage_pu and bus:
            yield SolvedVoltage(bus=bus, voltage_pu=voltage_pu, angle_deg=angle_deg)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if is_number else None
