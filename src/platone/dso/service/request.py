"""Request of flexibility (flow 2c): the DSO asks the market for what cures its grid."""

from dataclasses import dataclass

from platone.dso.domain.outcome import Stage
from platone.dso.domain.problem import DeliveryStartInvalid
from platone.dso.domain.request import build_request
from platone.dso.records.run import RunRecords
from platone.dso.service.calculation.flexibility import size_request_of
from platone.dso.service.forecast import GatherDay
from platone.dso.service.network import FindNetwork
from platone.dso.service.ports import Market
from platone.grid.run.grid_work import GridWork
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.clock import Clock
from platone.kernel.session_window import SessionWindow, window_starting
from platone.messages.base import Submission
from platone.messages.market import FlexibilityService, SessionReference


@dataclass(frozen=True, slots=True)
class RequestResult:
    """The broken limits of a session, the request, and the market's answer.

    Attributes:
        alarms: Consumers without supply and broken limits at the baselines, the worst first; JSON.
        request: The request; none where nothing can be asked.
        submission: The market's answer to it.
        incurable: What no flexible PoD can cure, each with the reason; JSON.
        remarks: What typical days stand in for.
    """

    alarms: bytes
    request: FlexibilityService | None
    submission: Submission | None
    incurable: bytes
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestFlexibility:
    """Sizes the DSO's request of a session and sends it to the market.

    Args:
        find: Finds the network.
        gather: Gathers the inputs.
        desk: Has the request sized.
        work: Sizes it.
        market: Takes the request.
        runs: Where alarms are kept.
        clock: The market's clock.
        zone: IANA name of the market's zone.
        dso: The DSO's party.
    """

    find: FindNetwork
    gather: GatherDay
    desk: CalculationDesk
    work: GridWork
    market: Market
    runs: RunRecords
    clock: Clock
    zone: str
    dso: str

    async def __call__(
        self, session: SessionReference, price_limit_eur_per_kwh: float
    ) -> RequestResult:
        """Find what is broken in a session's delivery, and ask for what cures it.

        The request's identifier follows from the session: asked again without any change, the
        market knows it already; with other baselines it refuses, as one session has one request.

        Raises:
            DeliveryStartInvalid: No session of the kind starts then.
            NetworkMissing, PodDataMissing: There is too little to calculate with.
            PowerFlowDiverged: A quarter-hour has no solution.
            ClusterMissing: The workers are not there.
            PartnerRefused, PartnerUnavailable: The market did not take the request.
        """
        window = self._window(session)
        network = await self.find()
        outline = await self.find.outline(network, urgent=True)
        inputs = await self.gather(outline, window.day)
        sized = await self.desk.run(
            size_request_of, network, inputs, window.indices, self.work, urgent=True
        )
        await self.runs.keep_run(window.day, Stage.FORECAST, sized.alarms, self.clock.now())
        request = build_request(self.dso, session, window, sized.needs, price_limit_eur_per_kwh)
        submission = await self.market.submit(request) if request else None
        return RequestResult(sized.alarms, request, submission, sized.incurable, sized.remarks)

    def _window(self, session: SessionReference) -> SessionWindow:
        window = window_starting(session.market_type, session.start_time, self.zone)
        if window is None:
            start = session.start_time.isoformat()
            raise DeliveryStartInvalid(
                f"No {session.market_type.value} session starts its delivery at {start}.",
                startTime=start,
            )
        return window
