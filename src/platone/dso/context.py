"""The DSO technical platform, put together: its records, links, services and routes."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter

from platone.dso.adapters.databus import DatabusChoice, Databuses
from platone.dso.adapters.estimation_link import DatabusEstimates, RestMeterReadings
from platone.dso.adapters.meter import RestMeteringSource
from platone.dso.adapters.partner import RestPartners
from platone.dso.adapters.phasor_databus import MqttDatabus
from platone.dso.adapters.setpoint_link import MqttSetpointLink
from platone.dso.api.alignment import alignment_router
from platone.dso.api.estimation import EstimationService, estimation_router
from platone.dso.api.grid import GridService, grid_router
from platone.dso.api.network import network_router
from platone.dso.api.phasor import phasor_router
from platone.dso.api.picture import picture_router
from platone.dso.api.profile import ProfileService, profile_router
from platone.dso.api.setpoint import setpoint_router
from platone.dso.domain.estimation import Feed
from platone.dso.domain.feed_reading import Accuracy
from platone.dso.records.alignment import AlignmentRecords
from platone.dso.records.erasure import ErasureRecords
from platone.dso.records.estimation import EstimationRecords, TelemetryRecords
from platone.dso.records.final_outcome import FinalOutcomeRecords
from platone.dso.records.network import NetworkRecords
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.records.phasor import PhasorRecords
from platone.dso.records.profile import ProfileRecords
from platone.dso.records.run import RunRecords
from platone.dso.records.setpoint import SetpointRecords
from platone.dso.records.table import metadata, outbox
from platone.dso.service.alignment import Align, TakeEvents
from platone.dso.service.association import AssociatePods
from platone.dso.service.consumer_forecast import ForecastConsumers
from platone.dso.service.erase import ErasePods
from platone.dso.service.estimation import (
    EstimateState,
    ReadComponents,
    ReadEstimation,
    TakeTelemetry,
)
from platone.dso.service.estimation_feed import MeterFeed, PhasorFeed, TelemetryFeed
from platone.dso.service.expectation import GatherExpectation
from platone.dso.service.final_outcome import KeepFinalOutcomes
from platone.dso.service.forecast import GatherDay
from platone.dso.service.grid_limits import TellGridLimits
from platone.dso.service.network import FindNetwork, StoreNetwork
from platone.dso.service.outage import StudyOutages
from platone.dso.service.phasor import CalculatePower
from platone.dso.service.phasor_device import PhasorDeviceState, ReadingRules, RecentProblems
from platone.dso.service.phasor_reading import ReadPower
from platone.dso.service.picture import DrawEstimate, DrawPicture
from platone.dso.service.ports import MeasurementFeed
from platone.dso.service.power_flow import ReadAlarms, RunPowerFlow
from platone.dso.service.profile import BuildProfiles, EraseProfiles, ReadProfiles
from platone.dso.service.registration import ReadRegistrations
from platone.dso.service.request import RequestFlexibility
from platone.dso.service.session_calculation import CalculateForSession
from platone.dso.service.setpoint import SendSetpoints, TakeAcknowledgement, TakeSetpoints
from platone.dso.service.validation import ValidateOutcome
from platone.grid.profile.public_holiday import NationalCalendars
from platone.grid.run.grid_work import GridWork
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.calculation.job import Jobs
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.http.erasure import erasure_router
from platone.infra.http.job import CalculationDoor, job_router
from platone.infra.metric.outbox import OutboxFigures
from platone.infra.metric.together import FiguresTogether
from platone.infra.mqtt import topic
from platone.infra.mqtt.link import BrokerAddress, MqttLink, Subscription
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.outbox import Dispatcher
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.messages.phasor import AngleUnit

if TYPE_CHECKING:
    from platone.dso.adapters.kafka_databus import KafkaDatabus

IDENTITY = "dso"
_ACCURACY = Accuracy()
_STALLED_S = 300.0
"""How long a round of setpoints may take before its loop counts as stalled, s."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Records:
    """The platform's records, all in one database."""

    networks: NetworkRecords
    runs: RunRecords
    alignments: AlignmentRecords
    outcomes: OutcomeRecords
    finals: FinalOutcomeRecords
    setpoints: SetpointRecords
    profiles: ProfileRecords
    phasors: PhasorRecords
    estimations: EstimationRecords
    telemetry: TelemetryRecords


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The use cases that every calculation starts from."""

    find: FindNetwork
    registrations: ReadRegistrations
    profiles: ReadProfiles
    gather: GatherDay


class Dso:
    """The DSO technical platform.

    Args:
        database_url: SQLAlchemy URL of its records.
        party: The DSO's client of the other parties' systems.
        broker: The broker; it must have started before ``start``.
        tls: The certificate of the identity ``dso``, for the broker.
        clock: The market's clock.
        desk: Makes calculations; whoever starts it stops it.
        zone: IANA name of the market's zone.
        dso: The DSO's party.
        phasor_angle_unit: Unit of the angles of phasor measurement units that are not configured.
        databus: Where the databus is, and what is passed on to it.
        workers: Where the parts of one request or validation are calculated (:class:`GridWork`).

    Attributes:
        router: The routes.
        supervisor: The background loops.
        figures: The figures for a monitoring system.
        resend_s: Pause before a setpoint without acknowledgement is sent again, real s.
    """

    resend_s = 5.0

    def __init__(  # noqa: PLR0913 - one parameter a neighbour or a choice
        self,
        database_url: str,
        party: PartyClient,
        broker: BrokerAddress,
        tls: TlsFiles,
        clock: Clock,
        *,
        desk: CalculationDesk,
        zone: str = "Europe/Rome",
        dso: str = "DSO",
        phasor_angle_unit: AngleUnit = AngleUnit.DEGREE,
        databus: DatabusChoice | None = None,
        workers: str = "",
    ) -> None:
        self._broker, self._tls, self._clock = broker, tls, clock
        self._zone, self._dso, self._work = zone, dso, GridWork(workers)
        self._desk, self._jobs = desk, Jobs(desk)
        self.supervisor = Supervisor("dso")
        self._database = Database(database_url, metadata)
        self._databuses = Databuses(databus or DatabusChoice(), self._database)
        outbox_figures = OutboxFigures("dso", outbox, self._database)
        self.figures = FiguresTogether(outbox_figures, *self._databuses.figures)
        self._dispatcher = Dispatcher(outbox, self._database, party.deliver, self.supervisor)
        self._new_setpoints, self._switched = asyncio.Event(), asyncio.Event()
        self._send_again_s = 0.0  # by the event loop's clock
        self._party, self._partners = party, RestPartners(party)
        self._metering = RestMeteringSource(party)
        self._calendars = NationalCalendars(zone)
        self._records = self._make_records()
        self._phasors = PhasorDeviceState(
            self._records.phasors,
            ReadingRules(self._records.phasors, phasor_angle_unit),
            RecentProblems(),
        )
        self._estimates = DatabusEstimates()
        self._link: MqttLink | None = None
        self._databus: MqttDatabus | KafkaDatabus | None = None
        inputs = self._make_inputs()
        self._associate = AssociatePods(inputs.find, desk, self._partners, inputs.registrations)
        self.router = APIRouter()
        for router in self._routers(inputs):
            self.router.include_router(router)

    def _make_records(self) -> _Records:
        database = self._database
        return _Records(
            networks=NetworkRecords(database),
            runs=RunRecords(database),
            alignments=AlignmentRecords(database),
            outcomes=OutcomeRecords(database, self._dispatcher.wake),
            finals=FinalOutcomeRecords(database),
            setpoints=SetpointRecords(database, self._wake),
            profiles=ProfileRecords(database),
            phasors=PhasorRecords(database),
            estimations=EstimationRecords(database),
            telemetry=TelemetryRecords(database),
        )

    def _make_inputs(self) -> _Inputs:
        records = self._records
        registrations = ReadRegistrations(self._partners, records.profiles)
        profiles = ReadProfiles(records.profiles, self._calendars)
        return _Inputs(
            FindNetwork(records.networks, records.alignments, self._desk),
            registrations,
            profiles,
            GatherDay(registrations, self._partners, profiles, records.outcomes, records.finals),
        )

    def _routers(self, inputs: _Inputs) -> list[APIRouter]:
        records, clock, dso = self._records, self._clock, self._dso
        store = StoreNetwork(records.networks, self._desk, clock)
        align = Align(records.alignments, clock)
        take_events = TakeEvents(records.alignments, inputs.find, self._desk, self._switched.set)
        take_setpoints = TakeSetpoints(records.setpoints, records.finals, clock, self._zone)
        estimation = self._estimation_service(inputs)
        door = CalculationDoor(self._jobs, "/api/dso/jobs")
        erase = ErasePods(ErasureRecords(self._database, records.profiles), clock, self._zone)
        return [
            network_router(store, inputs.find, self._associate, door, dso),
            alignment_router(align, take_events, dso),
            grid_router(self._grid_service(inputs), door, dso),
            picture_router(
                DrawPicture(inputs.find, inputs.gather, self._jobs, self._zone),
                DrawEstimate(inputs.find, estimation.read, self._jobs, self._zone),
                door,
                dso,
            ),
            profile_router(self._profile_service(inputs), door, dso),
            setpoint_router(take_setpoints, records.setpoints, dso),
            phasor_router(ReadPower(self._phasors), dso),
            estimation_router(estimation, door, dso),
            job_router(door, "dso"),
            erasure_router("/api/dso/erasures", erase, "dso"),
        ]

    def _grid_service(self, inputs: _Inputs) -> GridService:
        find, gather, records = inputs.find, inputs.gather, self._records
        clock, zone, work, desk = self._clock, self._zone, self._work, self._desk
        calculate = CalculateForSession(find, gather, desk, records.runs, clock, zone)
        return GridService(
            RunPowerFlow(find, gather, self._jobs, records.runs, clock, zone),
            StudyOutages(find, gather, self._jobs, zone),
            ReadAlarms(records.runs, zone),
            RequestFlexibility(calculate, work, self._partners, self._dso),
            TellGridLimits(calculate, work, self._partners, self._dso),
            ValidateOutcome(find, gather, desk, work, records.outcomes, clock, zone),
            KeepFinalOutcomes(records.finals, clock, zone),
        )

    def _profile_service(self, inputs: _Inputs) -> ProfileService:
        metering, calendars, clock = self._metering, self._calendars, self._clock
        profiles, desk = self._records.profiles, self._desk
        return ProfileService(
            BuildProfiles(inputs.registrations, metering, calendars, desk, profiles, clock),
            inputs.profiles,
            EraseProfiles(profiles),
            ForecastConsumers(metering, calendars, desk, clock),
            self._partners.customer,
        )

    def _estimation_service(self, inputs: _Inputs) -> EstimationService:
        records = self._records
        expectation = GatherExpectation(
            inputs.gather, inputs.profiles, self._zone, _ACCURACY.least_kw
        )
        feeds: dict[Feed, MeasurementFeed] = {
            Feed.SCADA: TelemetryFeed(records.telemetry),
            Feed.METER: MeterFeed(RestMeterReadings(self._party), _ACCURACY),
            Feed.PMU: PhasorFeed(records.phasors, _ACCURACY),
        }
        return EstimationService(
            EstimateState(
                inputs.find,
                feeds,
                expectation,
                self._desk,
                records.estimations,
                self._estimates,
                self._clock,
            ),
            ReadEstimation(records.estimations),
            ReadComponents(self._desk),
            TakeTelemetry(records.telemetry, self._clock),
        )

    async def start(self) -> None:
        """Open the records, link to the nodes, and go on with what an earlier run left."""
        await self._database.open()
        await self._records.profiles.clear_drafts()
        in_force = await self._records.alignments.in_force()
        if in_force is not None and await self._records.alignments.events(in_force):
            self._switched.set()  # customers may not have been told before the stop
        self._dispatcher.start()
        await self._phasors.rules.load()
        link = MqttLink(
            self._broker,
            self._tls,
            IDENTITY,
            on_up=self._send_all,
            supervisor=self.supervisor,
        )
        answers = await link.subscribe([topic.acknowledgements()])
        databus = self._databuses.made(link)
        await databus.listen()
        await link.start()
        self._link, self._databus = link, databus
        self._estimates.databus = databus
        self._start_loops(link, answers, databus)

    def _start_loops(
        self, link: MqttLink, answers: Subscription, databus: "MqttDatabus | KafkaDatabus"
    ) -> None:
        setpoints, setpoint_link = self._records.setpoints, MqttSetpointLink(link)
        send = SendSetpoints(setpoints, self._partners, setpoint_link, self._clock)
        take = TakeAcknowledgement(setpoints)
        self.supervisor.start("setpoints", lambda: self._send_setpoints(send), stalled_s=_STALLED_S)
        self.supervisor.start("association", self._follow_switching)
        self.supervisor.start("acknowledgements", lambda: _take_answer(answers, take))
        databus.start(
            self.supervisor,
            CalculatePower(self._phasors, databus, self._clock),
            self._phasors.record.keep,
        )

    async def stop(self) -> None:
        """Stop; setpoints that no node has acknowledged are sent again after the next start."""
        if self._databus is not None:
            await self._databus.stop(self.supervisor)
        if self._link is not None:
            await self._link.stop()
        await self._jobs.stop()
        await self._dispatcher.stop()
        await self.supervisor.stop()
        await self._database.close()
        self._link = self._databus = None

    def _wake(self) -> None:
        self._dispatcher.wake()
        self._new_setpoints.set()

    async def _send_setpoints(self, send: SendSetpoints) -> None:
        """Send new setpoints at once, and those without an answer again and again."""
        self._new_setpoints.clear()
        now_s = asyncio.get_running_loop().time()
        again = now_s >= self._send_again_s
        if again:
            self._send_again_s = now_s + self.resend_s
        try:
            await send(again=again)
        except PlatoneError as error:
            _log.info("setpoints wait: %s", error.detail)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._send_again_s):
                await self._new_setpoints.wait()

    def _send_all(self) -> None:
        """Send all setpoints without an answer: what was sent to a broker that is gone is lost."""
        self._send_again_s = 0.0
        self._new_setpoints.set()

    async def _follow_switching(self) -> None:
        """Associate PoDs again after each switching, until customers has taken it."""
        await self._switched.wait()
        self._switched.clear()
        try:
            await self._associate()
        except BaseException:
            self._switched.set()
            raise


async def _take_answer(answers: Subscription, take: TakeAcknowledgement) -> None:
    message = await anext(answers)
    device = topic.device_of(message.topic)
    try:
        if not await take(device, message.payload):
            _log.info("%s acknowledges a setpoint that it was not sent", device)
    except PlatoneError as error:
        _log.warning("an acknowledgement of %s is refused: %s", device, error.detail)
