"""pandapower as the oracle of outages: the branch is switched off in its tables."""

import copy
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.state import Flow
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

_TERMINALS = {
    "line": (("from", ""), ("to", "")),
    "trafo": (("hv", ""), ("lv", "")),
    "trafo3w": (("hv", "/hv"), ("mv", "/mv"), ("lv", "/lv")),
}
_RELATIVE = 1e-6
_VOLTAGE_PU = 1e-7
_CURRENT_A = 1e-4


@dataclass(frozen=True)
class Peer:
    """A network in pandapower's tables and as we read it."""

    net: Any
    network: Network
    quietly: Callable[[Callable[[], Any]], Any]

    def switched(self, off: Sequence[str] = (), closed: Sequence[str] = ()) -> Any:
        """pandapower's network with some elements off and some closed; none: no solution."""
        net = copy.deepcopy(self.net)
        for element in off:
            table, index = element.split("/")[:2]
            net[table].loc[int(index), "in_service"] = False
        for element in closed:
            table, index = element.split("/")
            net[table].loc[int(index), "closed" if table == "switch" else "in_service"] = True
        return net if self.quietly(lambda: _is_solved(net)) else None

    def dark(self, net: Any) -> set[str]:
        """The buses to which it gives no voltage."""
        return {f"bus/{index}" for index in net.res_bus.index[net.res_bus.vm_pu.isna()]}

    def assert_same_state(self, net: Any, flow: Flow) -> None:
        network = self.network
        rows = [network.bus_position[f"bus/{index}"] for index in net.res_bus.index]
        ours, theirs = flow.voltage_pu[0, rows], net.res_bus.vm_pu.fillna(0).to_numpy()
        assert np.abs(ours - theirs).max() < _VOLTAGE_PU
        for table, terminals in _TERMINALS.items():
            for end, (side, suffix) in enumerate(terminals):
                results = net[f"res_{table}"][f"i_{side}_ka"].fillna(0) * 1e3
                at = [
                    network.branch_position[f"{table}/{index}{suffix}"] for index in results.index
                ]
                currents = flow.to_a if end == 1 and not suffix else flow.from_a
                assert np.allclose(currents[0, at], results, rtol=_RELATIVE, atol=_CURRENT_A)

    def broken(self, net: Any) -> dict[str, float]:
        """What pandapower's results break: voltages in pu, loadings by their limit."""
        bus = net.res_bus.join(net.bus[["min_vm_pu", "max_vm_pu"]])
        apart = bus[(bus.vm_pu > bus.max_vm_pu) | (bus.vm_pu < bus.min_vm_pu)]
        found = {f"bus/{index}": float(each) for index, each in apart.vm_pu.items()}
        for table in ("line", "trafo"):
            loading = net[f"res_{table}"].loading_percent.fillna(0)
            most = net[table].get("max_loading_percent", loading * 0 + 100).fillna(100)
            over = (loading / most)[loading > most * (1 + 1e-6)]
            found |= {f"{table}/{index}": float(each) for index, each in over.items()}
        return found

    def lost(self, net: Any) -> tuple[float, float]:
        """Power of loads on dark buses, and of plants there, kW."""
        dark = {int(bus.split("/")[1]) for bus in self.dark(net)}
        withdrawn: list[float] = []
        for table, sign in (("load", 1), ("storage", 1), ("sgen", -1), ("gen", -1)):
            rows = net[table][net[table].bus.isin(dark) & net[table].in_service]
            withdrawn += (sign * rows.p_mw * rows.scaling * 1e3).tolist()
        for table in ("ward", "xward"):
            rows = net[table][net[table].bus.isin(dark) & net[table].in_service]
            withdrawn += (rows.ps_mw * 1e3).tolist()
        return sum(p for p in withdrawn if p > 0), -sum(p for p in withdrawn if p < 0)


def _is_solved(net: Any) -> bool:
    for init in ("dc", "flat"):  # each finds solutions that the other misses
        try:
            pp.runpp(net, numba=False, tolerance_mva=1e-11, max_iteration=100, init=init)
        except pp.LoadflowNotConverged:
            continue
        return True
    return False


@pytest.fixture(scope="session")
def make_peer(quietly: Callable[[Callable[[], Any]], Any]) -> Callable[[Callable[[], Any]], Peer]:
    """Makes a public network, with narrow voltage bands so that outages break them."""

    def make(build: Callable[[], Any]) -> Peer:
        net = quietly(build)
        net.bus["min_vm_pu"], net.bus["max_vm_pu"] = 0.98, 1.04
        text = quietly(lambda: pp.to_json(net))
        return Peer(net, read_pandapower(text.encode()), quietly)

    return make
