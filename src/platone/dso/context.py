"""The DSO technical platform, assembled."""

import asyncio
import contextlib
import logging
from typing import Protocol

from fastapi import APIRouter

from platone.dso.adapters.alignment_record import SqlAlignments
from platone.dso.adapters.estimation_link import DatabusEstimates, RestMeterReadings
from platone.dso.adapters.estimation_record import SqlEstimations, SqlTelemetry
from platone.dso.adapters.meter import RestMeters
from platone.dso.adapters.network_record import SqlNetworks, SqlRuns
from platone.dso.adapters.node_link import MqttSetpointWay
from platone.dso.adapters.outcome_record import SqlOutcomes
from platone.dso.adapters.partner import RestPartners
from platone.dso.adapters.phasor_databus import MqttDatabus
from platone.dso.adapters.phasor_record import SqlPhasors
from platone.dso.adapters.profile_record import SqlProfiles
from platone.dso.adapters.setpoint_record import SqlSetpoints
from platone.dso.adapters.table import metadata, outbox
from platone.dso.api.alignment import alignment_router
from platone.dso.api.estimation import EstimationService, estimation_router
from platone.dso.api.grid import GridService, grid_router
from platone.dso.api.network import network_router
from platone.dso.api.phasor import phasor_router
from platone.dso.api.picture import picture_router
from platone.dso.api.profile import ProfileService, profile_router
from platone.dso.api.setpoint import setpoint_router
from platone.dso.service.alignment import Align, TakeEvents
from platone.dso.service.association import AssociatePods
from platone.dso.service.consumer_forecast import ForecastConsumers
from platone.dso.service.estimation import EstimateState, ReadEstimation, TakeTelemetry
from platone.dso.service.estimation_feed import (
    Accuracy,
    Meters,
    Phasors,
    SentBefore,
)
from platone.dso.service.estimation_port import Feed, MeasurementFeed
from platone.dso.service.expectation import ForecastExpectation
from platone.dso.service.forecast import MakeForecast
from platone.dso.service.network import FindNetwork, StoreNetwork
from platone.dso.service.phasor import CalculatePower
from platone.dso.service.phasor_knowledge import PhasorKnowledge, PhasorRules, ProblemMemory
from platone.dso.service.phasor_reading import ReadPower
from platone.dso.service.picture import DrawEstimate, DrawPicture
from platone.dso.service.power_flow import ReadAlarms, RunPowerFlow
from platone.dso.service.profile import BuildProfiles, EraseProfiles, ReadProfiles
from platone.dso.service.registration import ReadRegistrations
from platone.dso.service.request import RequestFlexibility
from platone.dso.service.setpoint import SendSetpoints, TakeAcknowledgement, TakeSetpoints
from platone.dso.service.validation import ValidateOutcome
from platone.grid.file.metering_file import read_metering_csv
from platone.grid.file.network_source import read_network_content
from platone.grid.file.network_target import write_network_content
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.picture.draw import draw_estimate, draw_heat_map, draw_network
from platone.grid.profile.public_holiday import NationalCalendars
from platone.grid.run.grid_work import GridWork
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.mqtt import topic
from platone.infra.mqtt.link import MqttLink, Subscription
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.outbox import Dispatcher
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.messages.phasor import AngleUnit

IDENTITY = "dso"
_ACCURACY = Accuracy()
_log = logging.getLogger(__name__)


class Endpoint(Protocol):
    """Where the broker listens; known when it has started."""

    host: str
    port: int


class Dso:
    """The DSO technical platform.

    Args:
        database_url: SQLAlchemy URL of its records.
        party: The DSO's client of the other parties' systems.
        broker: The broker; it must have started before ``start``.
        tls: The certificate of the identity ``dso``, for the broker.
        clock: The market's clock.
        zone: IANA name of the market's zone.
        dso: The DSO's party.
        phasor_angle_unit: Unit of the angles of phasor measurement units that are not configured.
        workers: Where requests and validations are calculated (:class:`GridWork`).

    Attributes:
        router: The routes.
        resend_s: Pause before a setpoint without acknowledgement is sent again, real s.
    """

    resend_s = 5.0

    def __init__(  # noqa: PLR0913 - one parameter a neighbour or a choice
        self,
        database_url: str,
        party: PartyClient,
        broker: Endpoint,
        tls: TlsFiles,
        clock: Clock,
        *,
        zone: str = "Europe/Rome",
        dso: str = "DSO",
        phasor_angle_unit: AngleUnit = AngleUnit.DEGREE,
        workers: str = "",
    ) -> None:
        self._work = GridWork(workers)
        self._broker, self._tls, self._clock = broker, tls, clock
        self._database = Database(database_url, metadata)
        self._dispatcher = Dispatcher(outbox, self._database, party.deliver)
        self._fresh = asyncio.Event()
        self._switched = asyncio.Event()
        self._partners, self._meters = RestPartners(party), RestMeters(party)
        self._alignments = SqlAlignments(self._database)
        self._profiles = SqlProfiles(self._database)
        self._setpoints = SqlSetpoints(self._database, self._wake)
        record = SqlPhasors(self._database)
        self._phasors = PhasorKnowledge(
            record, PhasorRules(record, phasor_angle_unit), ProblemMemory()
        )
        self._party, self._estimates = party, DatabusEstimates()
        self._link: MqttLink | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.router = self._routes(zone, dso)

    def _routes(self, zone: str, dso: str) -> APIRouter:
        networks, runs = SqlNetworks(self._database), SqlRuns(self._database)
        outcomes = SqlOutcomes(self._database, self._dispatcher.wake)
        partners, clock, engine = self._partners, self._clock, GridModelPowerFlow()
        alignments = self._alignments
        find = FindNetwork(networks, alignments, read_network_content)
        records, calendars = self._profiles, NationalCalendars(zone)
        registrations = ReadRegistrations(partners, records)
        profiles = ReadProfiles(records, calendars)
        forecast = MakeForecast(registrations, partners, profiles, outcomes)
        grid = GridService(
            RunPowerFlow(find, forecast, engine, CurrentInjectionFlow(), runs, clock, zone),
            ReadAlarms(runs, zone),
            RequestFlexibility(find, forecast, self._work, partners, runs, clock, zone, dso),
            ValidateOutcome(find, forecast, self._work, outcomes, clock, zone),
        )
        store, associate = (
            StoreNetwork(networks, read_network_content, clock),
            AssociatePods(find, partners, registrations),
        )
        self._associate = associate
        take = TakeSetpoints(self._setpoints, outcomes, partners, zone)
        router = APIRouter()
        router.include_router(network_router(store, find, write_network_content, associate, dso))
        router.include_router(
            alignment_router(
                Align(alignments, clock), TakeEvents(alignments, find, self._switched.set), dso
            )
        )
        router.include_router(grid_router(grid, dso))
        draw = DrawPicture(find, forecast, engine, draw_network, draw_heat_map, zone)
        read = ReadEstimation(SqlEstimations(self._database))
        draw_estimation = DrawEstimate(find, read, draw_estimate, zone)
        router.include_router(picture_router(draw, draw_estimation, dso))
        service = ProfileService(
            BuildProfiles(registrations, self._meters, calendars, records, clock),
            profiles,
            EraseProfiles(records),
            ForecastConsumers(self._meters, calendars, clock),
            read_metering_csv,
        )
        router.include_router(profile_router(service, dso))
        router.include_router(setpoint_router(take, self._setpoints, dso))
        router.include_router(phasor_router(ReadPower(self._phasors), dso))
        expectation = ForecastExpectation(forecast, profiles, zone, _ACCURACY.least_kw)
        router.include_router(estimation_router(self._estimation(find, expectation), dso))
        return router

    def _estimation(self, find: FindNetwork, expectation: ForecastExpectation) -> EstimationService:
        record, telemetry = SqlEstimations(self._database), SqlTelemetry(self._database)
        feeds: dict[Feed, MeasurementFeed] = {
            Feed.SCADA: SentBefore(telemetry),
            Feed.METER: Meters(RestMeterReadings(self._party), _ACCURACY),
            Feed.PMU: Phasors(self._phasors.record, _ACCURACY),
        }
        return EstimationService(
            EstimateState(find, feeds, expectation, record, self._estimates, self._clock),
            ReadEstimation(record),
            TakeTelemetry(telemetry, self._clock),
        )

    async def start(self) -> None:
        """Open the records, link to the nodes, and go on with what an earlier run left."""
        await self._database.open()
        await self._profiles.clear_drafts()
        in_force = await self._alignments.in_force()
        if in_force is not None and await self._alignments.events(in_force):
            self._switched.set()  # customers may not have been told before the stop
        self._dispatcher.start()
        link = MqttLink(
            self._broker.host, self._broker.port, self._tls, IDENTITY, on_up=self._fresh.set
        )
        answers = await link.subscribe([topic.acknowledgements()])
        databus = MqttDatabus(link)
        await databus.listen()
        await self._phasors.rules.load()
        await link.start()
        self._link = link
        self._estimates.databus = databus
        way = MqttSetpointWay(link)
        send = SendSetpoints(self._setpoints, self._partners, way, self._clock)
        self._tasks = [
            asyncio.create_task(self._send(send)),
            asyncio.create_task(self._follow_switching()),
            asyncio.create_task(_listen(answers, TakeAcknowledgement(self._setpoints))),
            asyncio.create_task(
                databus.run(
                    CalculatePower(self._phasors, databus, self._clock), self._phasors.record.keep
                )
            ),
        ]

    async def stop(self) -> None:
        """Stop; what no node has acknowledged is sent again after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._link is not None:
            await self._link.stop()
        await self._dispatcher.stop()
        await self._database.close()
        self._link, self._tasks = None, []

    def _wake(self) -> None:
        self._dispatcher.wake()
        self._fresh.set()

    async def _send(self, send: SendSetpoints) -> None:
        """Send fresh setpoints at once, and those without an answer again and again."""
        while True:
            self._fresh.clear()
            try:
                await send()
            except PlatoneError as error:
                _log.info("setpoints wait: %s", error.detail)
            except Exception:  # noqa: BLE001 - the next round tries again
                _log.exception("setpoints could not be sent")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.resend_s):
                    await self._fresh.wait()

    async def _follow_switching(self) -> None:
        """Associate PoDs again after each switching, until customers has taken it."""
        while True:
            await self._switched.wait()
            self._switched.clear()
            try:
                await self._associate()
            except PlatoneError as error:
                _log.warning("the association waits: %s", error.detail)
                await asyncio.sleep(self.resend_s)
                self._switched.set()
            except Exception:  # noqa: BLE001 - the next switching tries again
                _log.exception("the points of delivery could not be associated")


async def _listen(answers: Subscription, take: TakeAcknowledgement) -> None:
    async for message in answers:
        device = topic.device_of(message.topic)
        try:
            if not await take(device, message.payload):
                _log.info("%s acknowledges a setpoint that it was not sent", device)
        except PlatoneError as error:
            _log.warning("an acknowledgement of %s is refused: %s", device, error.detail)
        except Exception:  # noqa: BLE001 - the next acknowledgement may be taken
            _log.exception("an acknowledgement of %s was not taken", device)
