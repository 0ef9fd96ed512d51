"""What the use cases need from outside: records, written in one transaction each."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from platone.customers.domain.baseline import Stretch
from platone.customers.domain.measurement import Fact, Key
from platone.customers.domain.pod import Registration
from platone.customers.domain.pod_owner import Standing
from platone.customers.domain.scope import Scope, Selection
from platone.messages.market import ValidatedOutcome
from platone.messages.registry import Measurement, PointOfDelivery, Setpoint


class Standings(Protocol):
    """Looks points of delivery up inside a transaction."""

    async def standings(self, pod_ids: Iterable[str]) -> Mapping[str, Standing]:
        """What is known of these."""
        ...


class PodChanges(Protocol):
    """A transaction on registrations."""

    async def find(self, pod_ids: Iterable[str]) -> dict[str, Registration]:
        """The registrations of these."""
        ...

    async def save(self, changed: Sequence[Registration], party: str, at: datetime) -> None:
        """Store changes as new versions, in order, and tell the last of each to the market."""
        ...


class Pods(Protocol):
    """Registrations."""

    def changing(self) -> AbstractAsyncContextManager[PodChanges]:
        """A transaction: all of it or nothing."""
        ...

    async def find(self, pod_ids: Iterable[str]) -> dict[str, Registration]:
        """The registrations of these."""
        ...

    async def select(
        self, scope: Scope, *, po_m_id: str | None, with_ended: bool, limit: int
    ) -> list[PointOfDelivery]:
        """Current records, by identifier."""
        ...


class BaselineChanges(Standings, Protocol):
    """A transaction on baselines."""

    async def current(self, spans: Iterable[tuple[str, Stretch]]) -> dict[str, list[Stretch]]:
        """What counts in these spans, and perhaps beyond, in order of receipt."""
        ...

    async def add(self, stretches: Sequence[tuple[str, Stretch]], party: str, at: datetime) -> None:
        """Add versions; those that they cover wholly are kept, and no longer count."""
        ...


class Baselines(Protocol):
    """Baselines."""

    def changing(self) -> AbstractAsyncContextManager[BaselineChanges]:
        """A transaction: all of it or nothing."""
        ...

    async def select(self, wanted: Selection, limit: int) -> list[tuple[str, Stretch]]:
        """What counts, by point of delivery, then in order of receipt."""
        ...


class MeasurementChanges(Standings, Protocol):
    """A transaction on measurements."""

    async def find(self, keys: Iterable[Key]) -> dict[Key, Fact]:
        """What is stored of these, and perhaps more."""
        ...

    async def add(self, measurements: Sequence[tuple[Key, Fact, Measurement]]) -> None:
        """Add measurements whose keys are new."""
        ...


class Measurements(Protocol):
    """Measurements."""

    def changing(self) -> AbstractAsyncContextManager[MeasurementChanges]:
        """A transaction: all of it or nothing."""
        ...

    async def select(self, wanted: Selection, limit: int) -> list[Measurement]:
        """By point of delivery and start."""
        ...


class SetpointChanges(Standings, Protocol):
    """A transaction on setpoints."""

    async def find(self, setpoint_ids: Iterable[str]) -> dict[str, Setpoint]:
        """What is stored of these."""
        ...

    async def add(self, setpoints: Sequence[tuple[int, Setpoint]], at: datetime) -> None:
        """Add setpoints whose identifiers are new, each with its start in seconds."""
        ...


class Setpoints(Protocol):
    """Setpoints."""

    def changing(self) -> AbstractAsyncContextManager[SetpointChanges]:
        """A transaction: all of it or nothing."""
        ...

    async def select(self, wanted: Selection, limit: int) -> list[Setpoint]:
        """By point of delivery and start."""
        ...


class Outcomes(Protocol):
    """Validated outcomes."""

    async def add(
        self, outcome: ValidatedOutcome, digest: str, start_s: int, at: datetime
    ) -> str | None:
        """Add an outcome; where its identifier is taken, the stored content's digest instead."""
        ...

    async def select(
        self, wanted: Selection, limit: int
    ) -> list[tuple[ValidatedOutcome, frozenset[str]]]:
        """Outcomes by start, each with the points of delivery in it that are asked for."""
        ...
