"""The source of each island, the generators that hold voltages, and constant power.

The source of an island is, in this order: the machines or injections with the lowest reference
priority that is given; the one at the angle reference of the solved state; external injections
without a power of their own; the external injection, energy source or voltage-holding machine
that generates the most.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.injection import Injection
from platone.grid.file.cim.kind import HOLDERS
from platone.grid.file.cim.short_circuit import impedances_behind
from platone.grid.network.element import Generator, Load, Source

_AT_LIMIT_PU = 1e-3
"""A solved voltage that is further from the target shows a machine at its reactive limit."""
_FEEDERS = ("ExternalNetworkInjection", "EnergySource")
_SAME_PU = 5e-3
"""Difference of two machines' targets at one node that is only rounding in the files."""
_SAME_KW, _SAME_SHARE = 1.0, 0.01
"""Difference of solved and given power that is only rounding, or a share of losses."""
_GUESSED = "feeds with nominal voltage: no solved or target voltage is given"
_REMOTE = "holds a voltage elsewhere: it is taken as holding that of its own bus"
_LIMITED = "stands at its reactive limit in the solved state: constant power"
_ADJUSTED = "holds the voltage that another machine at its node holds"


class _Allotment:
    """The sources, generators and loads that are made of injections, one after the other."""

    def __init__(self, grid: Grid, node: dict[str, int], island: dict[str, int]) -> None:
        self.grid = grid
        self.node = node
        self.island = island
        self.sources: dict[int, Source] = {}
        self.held: dict[int, Generator] = {}
        self.generators: list[Generator] = []
        self.loads: list[Load] = []
        self._remark = grid.model.remark_alike

    def feed(self, injection: Injection) -> None:
        """Add an injection as the source of its node; as a generator where there is one."""
        node = self.node[injection.end.bus]
        if node in self.sources:
            self.hold(injection)
            return
        pu, angle = self._voltage(injection)
        record, end = injection.record, injection.end
        self.sources[node] = Source(
            id=record.id,
            bus=end.bus,
            voltage_pu=pu,
            angle_deg=angle,
            closed=injection.closed,
            **impedances_behind(record, end),
        )

    def _voltage(self, injection: Injection) -> tuple[float, float]:
        """Return its voltage in per unit and degrees: solved, or as it is to hold, or nominal."""
        end = injection.end
        solved = self.grid.solved.voltage.get(self.grid.nodes.topological(end.node))
        if solved is not None:
            return solved[0] / end.kv, solved[1]
        angle = injection.record.maybe("EnergySource.voltageAngle") or 0.0
        pu = self._target_pu(injection)
        if pu is None:
            own = injection.record.maybe("EnergySource.voltageMagnitude")
            pu = own / end.kv if own else None
        if pu is None:
            self._remark(injection.record.id, _GUESSED)
            pu = 1.0
        return pu, angle

    def _target_pu(self, injection: Injection) -> float | None:
        if injection.target_kv is None:
            return None
        kv = self.grid.nodes.nominal_kv.get(injection.controlled, injection.end.kv)
        return injection.target_kv / kv

    def hold(self, injection: Injection) -> None:
        """Add an injection as a generator that holds its voltage, or as constant power."""
        pu = self._held_pu(injection)
        if pu is None:
            self.load(injection, injection.kva)
            return
        if pu < 0:
            self._remark(injection.record.id, _LIMITED)
            self.load(injection, self._at_limit(injection))
            return
        record = injection.record
        kw = 0.0 if injection.kva is None else injection.kva.real
        made = Generator(
            id=record.id,
            name=record.name,
            bus=injection.end.bus,
            p_kw=kw,
            voltage_pu=pu,
            closed=injection.closed,
            **impedances_behind(record, injection.end),
        )
        self.generators.append(self._as_others(made))

    def _at_limit(self, injection: Injection) -> complex | None:
        """Return its power at its reactive limit, kW + j kvar.

        The active power of the state file counts, and the reactive power of the solved state; a
        solved power of 0 is what some tools write for each converter, and says nothing.
        """
        own, solved = injection.kva, injection.solved_kva
        if own is None or solved is None:
            return solved if own is None else own
        if abs(own.real - solved.real) > max(_SAME_KW, _SAME_SHARE * abs(own.real)):
            told = f"{solved.real / 1e3:g} MW, the state file (SSH) {own.real / 1e3:g} MW"
            self._remark(injection.record.id, f"the solved state gives {told}: SSH counts")
        return complex(own.real, solved.imag) if solved else own

    def _held_pu(self, injection: Injection) -> float | None:
        """Return the voltage that it holds at its bus, pu; none: nothing; below 0: at its limit."""
        pu = self._target_pu(injection)
        if pu is None:
            return None
        end, nodes = injection.end, self.grid.nodes
        solved = self.grid.solved.voltage.get(nodes.topological(end.node))
        solved_pu = None if solved is None else solved[0] / end.kv
        elsewhere = nodes.bus_of_node(injection.controlled)
        if self.node.get(elsewhere) != self.node[end.bus]:
            self._remark(injection.record.id, _REMOTE)
            return pu if solved_pu is None else solved_pu
        if solved_pu is not None and abs(solved_pu - pu) > _AT_LIMIT_PU:
            return solved_pu if injection.solved_kva is None else -1.0
        return pu

    def _as_others(self, made: Generator) -> Generator:
        """Return a generator with the voltage of the source, or of the first, at its node."""
        node = self.node[made.bus]
        first = self.sources.get(node) or self.held.get(node)
        if not made.closed:
            return made
        self.held.setdefault(node, made)
        if first is None or first.voltage_pu == made.voltage_pu or not first.closed:
            return made
        if abs(first.voltage_pu - made.voltage_pu) > _SAME_PU:
            return made  # the check tells of it
        self._remark(made.id, _ADJUSTED)
        return replace(made, voltage_pu=first.voltage_pu)

    def load(self, injection: Injection, kva: complex | None) -> None:
        """Add an injection of constant power."""
        record, power = injection.record, kva or 0j
        own = injection.by_phase
        kw, kvar = (None, None) if own is None else own.shares(power)
        self.loads.append(
            Load(
                id=record.id,
                name=record.name,
                bus=injection.end.bus,
                p_kw=power.real,
                q_kvar=power.imag,
                closed=injection.closed,
                phase_kw=kw,
                phase_kvar=kvar,
            )
        )


def allot(
    grid: Grid,
    consumers: Iterable[Injection],
    holders: Iterable[Injection],
    node: dict[str, int],
    island: dict[str, int],
) -> Iterator[Source | Generator | Load]:
    """Yield the sources, generators and loads that withdraw or feed in."""
    made = _Allotment(grid, node, island)
    of_island: dict[int, list[Injection]] = defaultdict(list)
    others = []
    for each in holders:
        if each.closed:
            of_island[island[each.end.bus]].append(each)
        else:
            others.append(each)
    for found in of_island.values():
        chosen = _chosen(grid, found, node)
        for each in chosen:
            made.feed(each)
        others += [each for each in found if not any(each is one for one in chosen)]
    for each in others:
        at = node[each.end.bus]
        if not each.closed and each.priority > 0 and at not in made.sources:
            made.feed(each)
        else:
            made.hold(each)
    for each in consumers:
        made.load(each, each.kva)
    yield from made.sources.values()
    yield from made.generators
    yield from made.loads


def _chosen(grid: Grid, holders: list[Injection], node: dict[str, int]) -> list[Injection]:
    """Return the injections that become the sources of an island."""
    first = min((each.priority for each in holders if each.priority > 0), default=None)
    if first is not None:
        return [each for each in holders if each.priority == first]
    at = {node[bus] for bus in grid.nodes.buses_at(grid.solved.reference)}
    reference = [each for each in holders if node[each.end.bus] in at]
    if reference:
        return [max(reference, key=_rank)]
    free = [each for each in holders if each.record.kind in _FEEDERS and each.kva is None]
    if free:
        return free
    able = [each for each in holders if each.record.kind in _FEEDERS or each.target_kv is not None]
    if not able:
        return []
    best = max(able, key=_rank)
    reason = "feeds its island: no reference priority and no angle reference is given"
    grid.model.remark(best.record.id, reason)
    return [best]


def _rank(injection: Injection) -> tuple[bool, int, float]:
    generated = 0.0 if injection.kva is None else -injection.kva.real
    holds = injection.target_kv is not None
    kind = HOLDERS.index(injection.record.kind)
    return injection.record.kind in _FEEDERS or holds, -kind, generated
