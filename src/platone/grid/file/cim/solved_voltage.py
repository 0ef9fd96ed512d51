"""The solved voltages in the files (SvVoltage), by bus."""

from collections.abc import Iterator

from platone.grid.file.cim.grid import Grid
from platone.grid.network.element import SolvedVoltage


def solved_voltages(grid: Grid) -> Iterator[SolvedVoltage]:
    """Yield the solved voltage of each bus that has one; buses of one node have the same."""
    for key, bus in grid.nodes.ids():
        solved = grid.solved.voltage.get(grid.nodes.topological(key))
        if solved is not None:
            kv, angle_deg = solved
            pu = kv / grid.nodes.nominal_kv[key]
            yield SolvedVoltage(bus=bus, voltage_pu=pu, angle_deg=angle_deg)
