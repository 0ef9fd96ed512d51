"""The Shared Customer Database, put together: its records, services and routes."""

from fastapi import APIRouter

from platone.customers.api.pod import pod_router
from platone.customers.api.series import SeriesService, series_router
from platone.customers.records.baseline import BaselineRecords
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.records.outcome import OutcomeRecords
from platone.customers.records.pod import PodRecords
from platone.customers.records.setpoint import SetpointRecords
from platone.customers.records.table import metadata, outbox
from platone.customers.service.baseline import ReadBaselines, TakeBaselines
from platone.customers.service.measurement import ReadMeasurements, TakeMeasurements
from platone.customers.service.outcome import ReadOutcomes, TakeOutcome
from platone.customers.service.registration import AssociatePom, ReadPods, RegisterPods
from platone.customers.service.setpoint import ReadSetpoints, TakeSetpoints
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.outbox import Dispatcher
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock


class Customers:
    """The Shared Customer Database.

    Args:
        database_url: SQLAlchemy URL of its records.
        party: The metered data administrator's client of the market.
        clock: The market's clock.
        zone: IANA name of the market's zone.
        dso: The party that says which point of measurement feeds a point of delivery.

    Attributes:
        router: The routes.
        supervisor: The background loops.
    """

    def __init__(
        self,
        database_url: str,
        party: PartyClient,
        clock: Clock,
        *,
        zone: str = "Europe/Rome",
        dso: str = "DSO",
    ) -> None:
        self.supervisor = Supervisor("customers")
        self._database = Database(database_url, metadata)
        self._dispatcher = Dispatcher(outbox, self._database, party.deliver, self.supervisor)
        self._clock, self._zone = clock, zone
        pods = PodRecords(self._database)
        read, wake = ReadPods(pods), self._dispatcher.wake
        register, associate = RegisterPods(pods, clock, wake), AssociatePom(pods, clock, wake)
        self.router = APIRouter()
        self.router.include_router(pod_router(register, associate, read, dso))
        self.router.include_router(series_router(self._series(read), dso))

    def _series(self, read: ReadPods) -> SeriesService:
        baselines, measurements = (
            BaselineRecords(self._database),
            MeasurementRecords(self._database),
        )
        setpoints, outcomes = SetpointRecords(self._database), OutcomeRecords(self._database)
        return SeriesService(
            TakeBaselines(baselines, self._clock, self._zone),
            ReadBaselines(baselines, read),
            TakeMeasurements(measurements, self._clock),
            ReadMeasurements(measurements, read),
            TakeSetpoints(setpoints, self._clock),
            ReadSetpoints(setpoints, read),
            TakeOutcome(outcomes, self._clock),
            ReadOutcomes(outcomes, read),
        )

    async def start(self) -> None:
        """Open the records, and deliver what an earlier run left."""
        await self._database.open()
        self._dispatcher.start()

    async def stop(self) -> None:
        """Finish the delivery under way, and close the records."""
        await self._dispatcher.stop()
        await self._database.close()
