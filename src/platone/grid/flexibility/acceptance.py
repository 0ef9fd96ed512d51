"""Technical validation on arrays: how much of many changes of power the grid can take."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from platone.grid.array import Flags, Floats, Places
from platone.grid.flexibility.cure import Curer
from platone.grid.flexibility.effect_class import BINDING
from platone.grid.flexibility.flexible_groups import FlexibleGroups
from platone.grid.flexibility.task import Cure, Task
from platone.grid.flow.alarm import Violation, found_violations
from platone.grid.flow.chunk import Chunk, chunks, solve_chunk, solve_places
from platone.grid.flow.limit import TOLERANCE, Limits
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow

NOTHING_KW = 1e-6
"""Change that is none, kW: a milliwatt."""
_NOTHING = 1e-7
"""Cut that is none, as a part of the change: the optimiser's last digit."""
_FREE_COUNTS_AS = 1e-3
"""Price at which a free change counts, as a part of the highest one: else any amount of it would be
cut to spare a little of another."""


@dataclass(frozen=True, eq=False)
class Changes:
    """A list of changes of consumers' power, one array entry each.

    Attributes:
        scenario: The quarter-hour's place in the run.
        consumer: The consumer's place in the network.
        change_kw: Change from the baseline; negative: withdraw less.
        price_eur_per_kwh: Price paid for it; below 0 it counts as 0.
        kvar_per_kw: Reactive power that follows the active power (tan phi).
        is_reactive: Whether it is a change of reactive power alone, kvar for kW; none: none is.
    """

    scenario: Places
    consumer: Places
    change_kw: Floats
    price_eur_per_kwh: Floats
    kvar_per_kw: Floats
    is_reactive: Flags | None = None

    @property
    def kw(self) -> Floats:
        """The active power of 1 of each change."""
        if self.is_reactive is None:
            return np.ones(len(self.change_kw))
        return np.where(self.is_reactive, 0.0, 1.0)

    @property
    def kvar(self) -> Floats:
        """The reactive power of 1 of each change."""
        if self.is_reactive is None:
            return self.kvar_per_kw
        return np.where(self.is_reactive, 1.0, self.kvar_per_kw)

    def applied(self, power: Chunk, kw: Floats) -> ConsumerPower:
        """Return the consumers' power in a part of the run, with ``kw`` of each change taken."""
        p_kw, q_kvar = power.power.p_kw.copy(), power.power.q_kvar.copy()
        own = self.within(power)
        at = self.scenario[own] - power.first, self.consumer[own]
        np.add.at(p_kw, at, kw[own] * self.kw[own])
        np.add.at(q_kvar, at, kw[own] * self.kvar[own])
        return ConsumerPower(p_kw, q_kvar)

    def within(self, chunk: Chunk) -> Places:
        """Return the places of the changes in a part of the run."""
        place = self.scenario - chunk.first
        return np.flatnonzero((place >= 0) & (place < len(chunk.power.p_kw)))


@dataclass(frozen=True, eq=False)
class Acceptance:
    """The part of each change that the grid can take.

    Attributes:
        accepted_kw: The accepted part of each change, of its sign, kW, shape (changes,).
        against: For each change that is cut, the limits that stand against it, each with the
            excess that the whole of the changes would bring; the worst first.
        violations: The limits that the whole of the changes would break, the worst first.
        left: The limits that stay broken with what is accepted, because the baselines break them.
    """

    accepted_kw: Floats
    against: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    left: list[Violation] = field(default_factory=list)


def accept(
    limits: Limits,
    engine: PowerFlow,
    baseline: ConsumerPower,
    changes: Changes,
    progress: Callable[[int], None] | None = None,
) -> Acceptance:
    """Return the accepted trades by the rules of :mod:`platone.grid.flexibility.validation`.

    Args:
        limits: The network's limits.
        engine: Solves the AC power flow.
        baseline: Baselines and other load, one scenario a quarter-hour, in any number.
        changes: The changes.
        progress: Called with the number of quarter-hours left.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
    """
    found = Acceptance(changes.change_kw.copy())
    judge = _Judge(limits, engine, changes, found)
    for chunk in chunks(baseline):
        after = len(baseline.p_kw) - chunk.first - len(chunk.power.p_kw)
        judge.judge(chunk, after, progress)
        if progress is not None:
            progress(after)
    for each in (found.violations, found.left):
        each.sort(key=lambda violation: -violation.excess)
    return found


class _Judge:
    """A judge of a run, part by part, that writes its findings into an acceptance."""

    def __init__(
        self, limits: Limits, engine: PowerFlow, changes: Changes, found: Acceptance
    ) -> None:
        self._limits = limits
        self._engine = engine
        self._changes = changes
        self._found = found
        self._curer = Curer(limits, engine)

    def judge(self, chunk: Chunk, later: int, progress: Callable[[int], None] | None) -> None:
        """Judge a part of the run.

        Args:
            chunk: The part, at the baselines.
            later: Number of quarter-hours behind it in the run.
            progress: Called with the number of quarter-hours left.
        """
        limits, changes, found = self._limits, self._changes, self._found
        outcome = Chunk(chunk.first, changes.applied(chunk, changes.change_kw))
        flow = solve_chunk(self._engine, limits.network, outcome)
        excess = limits.excess(flow)
        found.violations.extend(found_violations(limits, excess, chunk.first))
        own = self._moving(chunk)
        scenario = changes.scenario[own] - chunk.first
        traded, start = np.unique(scenario, return_index=True)
        parts = np.split(own, start[1:])
        broken = np.asarray((excess[traded] > TOLERANCE).any(axis=1))
        slots = traded[broken]
        if len(slots):
            of_slot = [part for part, is_broken in zip(parts, broken, strict=True) if is_broken]
            left = None if progress is None else _offset(progress, later)
            self._cut(chunk, flow.at(slots), excess, (slots, of_slot), left)
            taken = Chunk(chunk.first, changes.applied(chunk, found.accepted_kw))
            excess[slots] = self._excess(taken, slots)
        found.left.extend(found_violations(limits, excess, chunk.first))

    def _cut(
        self,
        chunk: Chunk,
        outcome: Flow,
        excess: Floats,
        trades: tuple[Places, list[Places]],
        left: Callable[[int], None] | None,
    ) -> None:
        """Cut the changes of some quarter-hours.

        Args:
            chunk: The part of the run, at the baselines.
            outcome: The quarter-hours' states with all changes.
            excess: Relative excess of all states of the part, shape (scenarios, limits).
            trades: The quarter-hours' places in the part, and the changes of each.
            left: Called with the number of quarter-hours left.
        """
        slots, of_slot = trades
        before = self._limits.of_elements(self._excess(chunk, slots))
        tasks = [
            self._task(outcome.power, row, own, tolerated)
            for row, (own, tolerated) in enumerate(zip(of_slot, before, strict=True))
        ]
        cures = self._curer.cure(tasks, slots + chunk.first, left, outcome)
        for slot, own, cure in zip(slots.tolist(), of_slot, cures, strict=True):
            self._enter(own, cure, excess[slot])

    def _moving(self, chunk: Chunk) -> Places:
        """Return the changes in a part of the run that change something, by quarter-hour."""
        own = self._changes.within(chunk)
        own = own[np.abs(self._changes.change_kw[own]) > NOTHING_KW]
        return np.asarray(own[np.argsort(self._changes.scenario[own], kind="stable")])

    def _excess(self, chunk: Chunk, slots: Places) -> Floats:
        """Return the relative excess in some quarter-hours of a part, (slots, limits)."""
        part = ConsumerPower(chunk.power.p_kw[slots], chunk.power.q_kvar[slots])
        places = slots + chunk.first
        return self._limits.excess(solve_places(self._engine, self._limits.network, part, places))

    def _task(self, outcome: ConsumerPower, row: int, own: Places, before: Floats) -> Task:
        """Return a quarter-hour's task: cuts are moves back, each at most the whole change.

        Args:
            outcome: The consumers' powers with all changes.
            row: The quarter-hour's place in it.
            own: The changes of this quarter-hour.
            before: Relative excess at the baselines, shape (limits,).
        """
        changes = self._changes
        back = -np.sign(changes.change_kw[own])
        price = np.maximum(changes.price_eur_per_kwh[own], 0.0)
        highest = float(price.max(initial=0.0)) or 1.0
        return Task(
            p_kw=outcome.p_kw[row],
            q_kvar=outcome.q_kvar[row],
            groups=FlexibleGroups(
                places=changes.consumer[own],
                kw=back * changes.kw[own],
                kvar=back * changes.kvar[own],
                margins=np.abs(changes.change_kw[own]),
                sizes=np.ones(len(own), np.int64),
            ),
            cost=np.maximum(price, _FREE_COUNTS_AS * highest),
            tolerated=np.where(before > TOLERANCE, before, 0.0),
            only_material=True,
        )

    def _enter(self, own: Places, cure: Cure, excess: Floats) -> None:
        """Enter the cuts of one quarter-hour, and the limits that stand against each.

        Args:
            own: The changes of this quarter-hour.
            cure: The cure: how far each is moved back.
            excess: Relative excess with all changes, shape (limits,).
        """
        changes, found = self._changes, self._found
        cut, volume = cure.totals, np.abs(changes.change_kw[own])
        columns = np.flatnonzero(cut > np.maximum(NOTHING_KW, _NOTHING * volume))
        kept = np.sign(changes.change_kw[own]) * np.maximum(volume - cut, 0.0)
        found.accepted_kw[own[columns]] = kept[columns]
        helps = (cure.excess > -BINDING)[:, None] & (cure.slopes < 0)
        material = helps & cure.material
        stands = np.where(material.any(axis=0), material, helps)  # others count where none is
        critical = np.array(cure.limits, dtype=np.intp)
        for column in columns.tolist():
            limits = np.unique(critical[stands[:, column]])
            against = list(zip(limits.tolist(), excess[limits].tolist(), strict=True))
            found.against[int(own[column])] = sorted(against, key=lambda each: -each[1])


def _offset(progress: Callable[[int], None], later: int) -> Callable[[int], None]:
    """Return a progress callback that counts later quarter-hours too."""
    return lambda left: progress(left + later)
