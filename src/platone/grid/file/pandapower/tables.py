"""The tables that a network is written into."""

from collections.abc import Mapping
from typing import Any

from platone.grid.file.pandapower.frame import Frame
from platone.grid.network.model import Network


class Tables:
    """The tables of a file that is being written.

    Attributes:
        bus_index: Index of each bus by its identifier.
        nominal_kv: Nominal voltage of each bus.
        branch_place: How a switch names each branch: its kind, such as ``l``, and its index.
    """

    def __init__(self, network: Network, columns: Mapping[str, str]) -> None:
        taken = [each.id for each in network.elements()]
        self._frames = {name: Frame(name, text, taken) for name, text in columns.items()}
        self.bus_index: dict[str, int] = {}
        self.nominal_kv: dict[str, float] = {}
        self.branch_place: dict[str, tuple[str, int]] = {}

    def add(self, table: str, element: str | None, /, **values: Any) -> int:
        """Add a row to a table and return its index."""
        return self._frames[table].add(element, **values)

    def encoded(self) -> dict[str, Any]:
        """Return the tables in the file's form."""
        return {name: frame.encoded() for name, frame in self._frames.items()}
