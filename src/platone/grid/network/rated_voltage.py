"""Rated voltages of windings against the nominal voltages of their buses."""

from collections.abc import Iterator, Sequence

from platone.grid.network.element import Remark
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind

_MOST_RATIO_ERROR = 0.25
"""Difference from the bus's nominal voltage beyond which a winding is at a wrong bus, usually."""
_ALIKE = 1.25
"""Ratio of a transformer's solved voltages, by their ratings, that taps and loads explain."""
End = tuple[str, str, float]
"""Element, bus and rated voltage, kV, of one winding."""


def faults_of_rated_voltages(network: Network) -> Iterator[Fault]:
    """Yield windings at buses of another nominal voltage, unless the file's own state has them."""
    for (element, bus, rated_kv), nominal_kv, is_solved in _unlike(network):
        if not is_solved:
            reason = f"its winding of {rated_kv} kV is on the bus {bus!r} of {nominal_kv} kV"
            yield Fault(element, FaultKind.VOLTAGE_LEVEL, reason)


def remarks_on_rated_voltages(network: Network) -> Iterator[Remark]:
    """Yield windings at buses of another nominal voltage that the file's own solved state has."""
    for (element, bus, rated_kv), nominal_kv, is_solved in _unlike(network):
        if is_solved:
            reason = f"its winding of {rated_kv:g} kV is on the bus {bus!r} of {nominal_kv:g} kV"
            yield Remark(element, f"{reason}: the file's solved state agrees with it")


def _unlike(network: Network) -> Iterator[tuple[End, float, bool]]:
    """Yield each such winding, with its bus's nominal voltage and whether the state has it."""
    nominal = {bus.id: bus.nominal_kv for bus in network.buses}
    solved = {each.bus: each.voltage_pu * nominal[each.bus] for each in network.solved}
    for ends in _units(network):
        for end in ends:
            _, bus, kv = end
            if kv <= 0 or abs(kv - nominal[bus]) > _MOST_RATIO_ERROR * nominal[bus]:
                yield end, nominal[bus], _is_solved(ends, solved)


def _units(network: Network) -> Iterator[Sequence[End]]:
    for unit in network.transformers:
        yield (unit.id, unit.from_bus, unit.from_kv), (unit.id, unit.to_bus, unit.to_kv)
    for star in network.three_winding_transformers:
        yield tuple((each.id, each.bus, each.rated_kv) for each in star.windings)


def _is_solved(ends: Sequence[End], solved: dict[str, float]) -> bool:
    """Return whether the solved voltages at all windings are in the ratio of their ratings."""
    shares = [solved.get(bus, 0.0) / kv if kv > 0 else 0.0 for _, bus, kv in ends]
    return min(shares) > 0 and max(shares) < _ALIKE * min(shares)
