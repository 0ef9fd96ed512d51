"""pandapower's state estimation of our networks, with its own tests of bad data."""

import warnings
from collections.abc import Sequence
from typing import Any

from platone.grid.estimation.measurement import (
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network


class PandapowerEstimate:
    """Weighted least squares of the same network and measurements.

    Args:
        network: The network.
        measurements: Voltages, and powers of branches and of whole buses.
    """

    def __init__(self, network: Network, measurements: Sequence[Measurement]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pandapower as pp  # noqa: PLC0415 - slow, and only compared with
            from pandapower import estimation  # noqa: PLC0415

            self.net = pp.from_json_string(write_pandapower(network).decode())
        self._pp, self._estimation = pp, estimation
        place_of = {bus.id: row for row, bus in zip(self.net.bus.index, network.buses, strict=True)}
        for each in measurements:
            self._add(each, place_of, network)
        node = circuit_of(network).node_of_bus
        fed_or_used = (*network.consumers, *network.sources)
        done = {int(node[network.bus_position[each.bus]]) for each in fed_or_used}
        for place_, bus in enumerate(network.buses):
            if int(node[place_]) not in done:
                done.add(int(node[place_]))
                for kind in ("p", "q"):
                    pp.create_measurement(self.net, kind, "bus", 0.0, 1e-5, place_of[bus.id])

    def _add(self, each: Measurement, place_of: dict[str, Any], network: Network) -> None:
        make = self._pp.create_measurement
        if isinstance(each, VoltageMeasurement):
            kv = network.buses[network.bus_position[each.bus]].nominal_kv
            bus = place_of[each.bus]
            make(self.net, "v", "bus", each.voltage_kv / kv, each.std_kv / kv, bus)
        elif isinstance(each, Injection | BranchPower):
            parts = ((each.p_kw, each.std_kw), (each.q_kvar, each.std_kvar))
            for kind, (value, std) in zip("pq", parts, strict=True):
                value_mw, std_mw = (value or 0.0) / 1e3, (std or 0.0) / 1e3
                if isinstance(each, Injection):
                    make(self.net, kind, "bus", value_mw, std_mw, place_of[each.element])
                    continue
                row = network.branch_position[each.branch]
                is_line = row < len(network.lines)
                table = "line" if is_line else "trafo"
                at = self.net[table].index[row if is_line else row - len(network.lines)]
                side = "from" if is_line else "hv"
                make(self.net, kind, table, value_mw, std_mw, at, side)

    def estimate(self) -> None:
        """The state alone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._estimation.estimate(self.net, init="flat", zero_injection=None)

    def tested(self) -> None:
        """The state with its two tests of bad data."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._estimation.chi2_analysis(self.net, init="flat")
            self._estimation.remove_bad_data(self.net, init="flat", rn_max_threshold=6.0)
