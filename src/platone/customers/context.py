"""The Shared Customer Database, put together: its records, services and routes."""

import asyncio
import contextlib

from fastapi import APIRouter

from platone.customers.adapters.push import Push
from platone.customers.api.erasure import erasure_routes
from platone.customers.api.notice import notice_router
from platone.customers.api.pod import pod_router
from platone.customers.api.series import SeriesService, series_router
from platone.customers.domain.erasure import together
from platone.customers.records.baseline import BaselineRecords
from platone.customers.records.curve import CurveRecords
from platone.customers.records.erasure import ErasureRecords
from platone.customers.records.kafka_queue import MeasurementQueue
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.records.moved_gate import MovedGateRecords
from platone.customers.records.notice import NoticeRecords
from platone.customers.records.outcome import OutcomeRecords
from platone.customers.records.pod import PodRecords
from platone.customers.records.setpoint import SetpointRecords
from platone.customers.records.table import metadata, outbox
from platone.customers.service.baseline import ReadBaselines, TakeBaselines
from platone.customers.service.curve import ReadCurves
from platone.customers.service.erasure import Ask, RequestErasure, WalkErasures
from platone.customers.service.measurement import ReadMeasurements, TakeMeasurements
from platone.customers.service.moved_gate import TakeMovedGate
from platone.customers.service.notice import Notices
from platone.customers.service.outcome import ReadOutcomes, TakeOutcome
from platone.customers.service.registration import AssociatePom, ReadPods, RegisterPods
from platone.customers.service.setpoint import ReadSetpoints, TakeSetpoints
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.publisher import KafkaPublisher
from platone.infra.metric.outbox import OutboxFigures
from platone.infra.metric.together import FiguresTogether
from platone.infra.outbox import Dispatcher
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.messages.erasure import ErasureOrder, ErasurePart

_WALK_S = 2.0
"""Pause between two looks at open erasures, s: what they wait for takes hours."""
_LOOK_S = 1.0
"""Pause between two looks for notices, s: soon enough for people, cheap for the database."""
_STALLED_S = 600.0
"""How long a walk may take before it counts as stalled, s: it writes whole databases anew."""
_MARKET_OPERATOR = "MO"
"""The party to whose topic all readings are published."""
_ERASURE_PATHS = {
    "dso": "/api/dso/erasures",
    "identity": "/api/identity/erasures",
    "market": "/api/market/erasures",
    "access": "/api/access/erasures",
    "aggregator": "/api/aggregator/erasures",
    "ledger": "/api/contracts/erasures",
}
"""Where each other context takes its part of an erasure."""


class Customers:
    """The Shared Customer Database.

    Args:
        database_url: SQLAlchemy URL of its records.
        party: The metered data administrator's client of the market.
        clock: The market's clock.
        push: The way to customers' browsers.
        zone: IANA name of the market's zone.
        dso: The party that says which point of measurement feeds a point of delivery.
        kafka: Where readings are published; none where they are not.

    Attributes:
        router: The routes.
        supervisor: The background loops.
        figures: The figures for a monitoring system.
    """

    def __init__(
        self,
        database_url: str,
        party: PartyClient,
        clock: Clock,
        push: Push,
        *,
        zone: str = "Europe/Rome",
        dso: str = "DSO",
        kafka: KafkaLink | None = None,
    ) -> None:
        self.supervisor = Supervisor("customers")
        self._database = Database(database_url, metadata)
        queue = MeasurementQueue(self._database, clock)
        self._publishers = [] if kafka is None else [KafkaPublisher("customers", queue, kafka)]
        self._operator = None if kafka is None else _MARKET_OPERATOR
        figures = OutboxFigures("customers", outbox, self._database)
        self.figures = FiguresTogether(figures, *self._publishers)
        self._dispatcher = Dispatcher(outbox, self._database, party.deliver, self.supervisor)
        self._clock, self._zone = clock, zone
        pods = PodRecords(self._database)
        read, wake = ReadPods(pods), self._dispatcher.wake
        register, associate = RegisterPods(pods, clock, wake), AssociatePom(pods, clock, wake)
        erasures = ErasureRecords(self._database)
        self._walk = WalkErasures(erasures, _partners(party), clock)
        self._has_erasures = asyncio.Event()
        request = RequestErasure(erasures, pods, clock, self._wake)
        self.router = APIRouter()
        self.router.include_router(erasure_routes(request, erasures.listed))
        self.router.include_router(pod_router(register, associate, read, dso))
        self.router.include_router(series_router(self._series(read), dso))
        self._notices = Notices(NoticeRecords(self._database), push, clock)
        self.router.include_router(notice_router(self._notices))

    def _series(self, read: ReadPods) -> SeriesService:
        baselines, measurements = (
            BaselineRecords(self._database),
            MeasurementRecords(self._database),
        )
        setpoints, outcomes = (
            SetpointRecords(self._database, self._zone),
            OutcomeRecords(self._database, self._zone),
        )
        return SeriesService(
            TakeBaselines(baselines, self._clock, self._zone),
            ReadBaselines(baselines, read),
            TakeMeasurements(measurements, self._clock, self._dispatcher.wake, self._operator),
            ReadMeasurements(measurements, read),
            ReadCurves(CurveRecords(self._database), read),
            TakeSetpoints(setpoints, self._clock),
            ReadSetpoints(setpoints, read),
            TakeOutcome(outcomes, self._clock),
            ReadOutcomes(outcomes, read),
            TakeMovedGate(MovedGateRecords(self._database)),
        )

    async def start(self) -> None:
        """Open the records, and deliver what an earlier run left."""
        await self._database.open()
        self._dispatcher.start()
        self.supervisor.start("notices", self._tell, stalled_s=_STALLED_S)
        self.supervisor.start("erasures", self._walk_erasures, stalled_s=_STALLED_S)
        for each in self._publishers:
            each.start(self.supervisor)

    async def stop(self) -> None:
        """Finish the delivery under way, and close the records."""
        for each in self._publishers:
            await each.stop(self.supervisor)
        await self._dispatcher.stop()
        await self.supervisor.stop()
        await self._database.close()

    def _wake(self) -> None:
        self._dispatcher.wake()
        self._has_erasures.set()

    async def _tell(self) -> None:
        if not await self._notices.turn():
            await asyncio.sleep(_LOOK_S)

    async def _walk_erasures(self) -> None:
        """Go on with open erasures at once when one is asked for, and then now and again."""
        self._has_erasures.clear()
        await self._walk()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WALK_S):
                await self._has_erasures.wait()


def _partners(party: PartyClient) -> dict[str, Ask]:
    """Return how each other context is asked for its part of an erasure."""

    def asking(path: str) -> Ask:
        async def ask(order: ErasureOrder) -> ErasurePart:
            return together(await party.post_to_all(path, order, ErasurePart))

        return ask

    return {context: asking(path) for context, path in _ERASURE_PATHS.items()}
