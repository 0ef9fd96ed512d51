"""A calculation of a session's quarter-hours on the network in force, whose alarms are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from platone.dso.domain.made_run import MadeRun
from platone.dso.domain.problem import DeliveryStartInvalid
from platone.dso.records.run import RunRecords
from platone.dso.service.forecast import GatherDay
from platone.dso.service.network import FindNetwork
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.clock import Clock
from platone.kernel.session_window import SessionWindow, window_starting
from platone.messages.calculated_day import Stage
from platone.messages.market import SessionReference


class WithAlarms(Protocol):
    """A result with the alarms at the baselines, as JSON."""

    @property
    def alarms(self) -> bytes:
        """The alarms, the worst first."""
        ...


Found = TypeVar("Found", bound=WithAlarms)


@dataclass(frozen=True, slots=True)
class CalculateForSession:
    """Calculates on the forecast of a session's delivery.

    Args:
        find: Finds the network.
        gather: Gathers the inputs.
        desk: Has the calculation made.
        runs: Where alarms are kept.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    gather: GatherDay
    desk: CalculationDesk
    runs: RunRecords
    clock: Clock
    zone: str

    async def __call__(
        self, session: SessionReference, calculate: Callable[..., Found], *more: object
    ) -> tuple[SessionWindow, Found]:
        """Return the session's delivery and what is calculated of it.

        Args:
            session: The session.
            calculate: Calculates from the network, the day's inputs, the quarter-hours, and more.
            more: What else it takes.

        Raises:
            DeliveryStartInvalid: No session of the kind starts then.
            NetworkMissing, PodDataMissing: There is too little to calculate with.
            PowerFlowDiverged: A quarter-hour has no solution.
            ClusterMissing: The workers are not there.
        """
        window = self._window(session)
        network = await self.find()
        outline = await self.find.outline(network, urgent=True)
        inputs = await self.gather(outline, window.day)
        found = await self.desk.run(calculate, network, inputs, window.indices, *more, urgent=True)
        made = MadeRun(window.day, network.key, self.clock.now(), unbalanced=False)
        await self.runs.keep_run(made, Stage.FORECAST, found.alarms)
        return window, found

    def _window(self, session: SessionReference) -> SessionWindow:
        window = window_starting(session.market_type, session.start_time, self.zone)
        if window is None:
            start = session.start_time.isoformat()
            raise DeliveryStartInvalid(
                f"No {session.market_type.value} session starts its delivery at {start}.",
                startTime=start,
            )
        return window
