"""Solved states with their instants and alarms, balanced and by phase."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, overload

import numpy as np

from platone.grid.array import Places
from platone.grid.flow.alarm import Violation, violations
from platone.grid.flow.limit import Limits
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.flow.state import Flow
from platone.grid.network.element import Remark
from platone.grid.problem.study import InstantsMissing
from platone.grid.result.file_state import file_state, file_state_remark
from platone.grid.result.phase_state import to_phase_states
from platone.grid.result.state import to_alarms, to_states
from platone.grid.shown import Shown
from platone.grid.study.power import without_power
from platone.messages.grid import Alarm, FileStateDifference, GridState


@dataclass(frozen=True, repr=False)
class Alarms(Shown, Sequence[Violation]):
    """Broken limits, the worst first.

    Attributes:
        violations: The broken limits.
        instants: When the states are that break them, by scenario; empty: not known.
    """

    violations: tuple[Violation, ...]
    instants: tuple[datetime, ...] = ()

    def __len__(self) -> int:
        return len(self.violations)

    @overload
    def __getitem__(self, place: int) -> Violation: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Violation]: ...

    def __getitem__(self, place: int | slice) -> Violation | Sequence[Violation]:
        return self.violations[place]

    def message(self) -> list[Alarm]:
        """Return the alarms as they go on the wire, with their instants.

        Raises:
            InstantsMissing: The instants are not known.
        """
        return to_alarms(self.violations, known(self.instants))


@dataclass(frozen=True, eq=False, repr=False)
class FlowResult(Shown, Flow):
    """Solved balanced states; a :class:`platone.grid.flow.state.Flow` that knows its instants.

    Attributes:
        instants: When the states are, one a scenario; empty: not known.
    """

    instants: tuple[datetime, ...] = ()

    def at(self, scenarios: Places) -> "FlowResult":
        """Return the states of some scenarios."""
        return FlowResult(**parts(super().at(scenarios)), instants=chosen(self.instants, scenarios))

    @cached_property
    def _alarms(self) -> Alarms:
        return Alarms(tuple(violations(Limits(self.network), self)), self.instants)

    def alarms(self) -> Alarms:
        """Return the broken limits of currents and voltages, the worst first."""
        return self._alarms

    @property
    def file_state(self) -> FileStateDifference | None:
        """Return how far this is from the solved state in the network's file, if it has one."""
        return file_state(self)

    def remarks(self) -> tuple[Remark, ...]:
        """Return the remarks on reading the network, the distance from its state first."""
        apart = self.file_state
        own = () if apart is None else (file_state_remark(apart),)
        return (*own, *without_power(self.network, self.power), *self.network.remarks)

    def states(self) -> Iterator[GridState]:
        """Yield the states as they go on the wire; those of a year fill no memory.

        Raises:
            InstantsMissing: The instants are not known.
        """
        return to_states(self, self._alarms.violations, known(self.instants))


@dataclass(frozen=True, eq=False, repr=False)
class PhaseFlowResult(Shown, PhaseFlow):
    """Solved states by phase; a PhaseFlow of ``grid.flow`` that knows its instants.

    Attributes:
        instants: When the states are, one a scenario; empty: not known.
    """

    instants: tuple[datetime, ...] = ()

    def at(self, scenarios: Places) -> "PhaseFlowResult":
        """Return the states of some scenarios."""
        own = parts(super().at(scenarios))
        return PhaseFlowResult(**own, instants=chosen(self.instants, scenarios))

    @cached_property
    def _alarms(self) -> Alarms:
        limits = PhaseLimits(Limits(self.network))
        return Alarms(tuple(violations(limits, self)), self.instants)

    def alarms(self) -> Alarms:
        """Return the broken limits of currents, voltages and unbalance, the worst first."""
        return self._alarms

    def remarks(self) -> tuple[Remark, ...]:
        """Return the remarks on reading the network, and on consumers without power."""
        return (*without_power(self.network, self.power.total), *self.network.remarks)

    def states(self) -> Iterator[GridState]:
        """Yield the states as they go on the wire; those of a year fill no memory.

        Raises:
            InstantsMissing: The instants are not known.
        """
        return to_phase_states(self, self._alarms.violations, known(self.instants))


def parts(found: Any) -> dict[str, Any]:
    """Return the fields of an engine's result, of which a public one is made."""
    return {each.name: getattr(found, each.name) for each in fields(found)}


def known(instants: tuple[datetime, ...]) -> tuple[datetime, ...]:
    """Return the instants of a result.

    Raises:
        InstantsMissing: There are none.
    """
    if not instants:
        raise InstantsMissing("The powers had no instants: calculate with a PowerSeries.")
    return instants


def chosen(instants: tuple[datetime, ...], scenarios: Places) -> tuple[datetime, ...]:
    """Return the instants of some scenarios; none where they are not known."""
    rows = np.arange(len(instants))[scenarios].tolist() if instants else []
    return tuple(instants[row] for row in rows)
