"""Networks that tests read from a folder, a zip or one file."""

from pathlib import Path

from platone.grid.file.cim.archive import files_of
from platone.grid.file.cim.clock import Clocks
from platone.grid.file.cim.node import Nodes
from platone.grid.file.cim.read import read_cim
from platone.grid.network.model import Network


def read_cim_path(path: Path, nodes: Nodes = "topological", clocks: Clocks = "solved") -> Network:
    """Read a network as `read_cim` does."""
    return read_cim(files_of(path), nodes, clocks)
