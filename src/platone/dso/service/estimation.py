"""State estimation on demand: measurements in, the state stored and published."""

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from platone.dso.domain.component_message import component_messages
from platone.dso.domain.estimation import Feed, GatheredMeasurements, MaxAges
from platone.dso.domain.problem import UnknownEstimation
from platone.dso.records.estimation import EstimationRecords, TelemetryRecords
from platone.dso.service.expectation import ForecastExpectation
from platone.dso.service.network import FindNetwork
from platone.dso.service.ports import EstimatePublisher, MeasurementFeed
from platone.grid.estimation.check import measurement_faults
from platone.grid.estimation.estimate import estimator_of
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.pseudo import ExpectedConsumption
from platone.grid.estimation.result import EstimationOptions
from platone.grid.network.model import Network
from platone.grid.problem.estimation import MeasurementFault
from platone.grid.result.estimate import to_estimate
from platone.kernel.clock import Clock
from platone.kernel.market_time import as_utc
from platone.messages.estimation import EstimationRun, EstimationSummary, GridEstimate

COMPONENTS = "stateEstimation"
SUMMARIES = "stateEstimationSummary"
"""Their places on the databus, below `processed/bal/`."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EstimationOrder:
    """The settings of a state estimation.

    Attributes:
        at: The instant; none: now.
        network_id: The network; none: the one in force.
        version: Its version; none: the one stored last.
        measurements: What was measured; gathered ones come on top.
        feeds: Where to gather.
        max_ages: How old gathered measurements may be.
        options: How to estimate.
    """

    at: datetime | None = None
    network_id: str | None = None
    version: str | None = None
    measurements: tuple[Measurement, ...] = ()
    feeds: tuple[Feed, ...] = ()
    max_ages: MaxAges = field(default_factory=MaxAges)
    options: EstimationOptions = field(default_factory=EstimationOptions)


@dataclass(slots=True)
class EstimateState:
    """Estimates the state of a network.

    Args:
        find: Finds the network.
        feeds: Where measurements are gathered from.
        expectation: What consumers are expected to withdraw.
        record: Where results are stored.
        bus: Where they are published.
        clock: The market's clock.
    """

    find: FindNetwork
    feeds: Mapping[Feed, MeasurementFeed]
    expectation: ForecastExpectation
    record: EstimationRecords
    bus: EstimatePublisher
    clock: Clock

    async def __call__(self, order: EstimationOrder) -> EstimationRun:
        """Estimate the state, store it and publish it.

        Raises:
            MalformedMessage: The instant cannot be.
            NetworkMissing, UnknownNetwork: There is no network.
            MeasurementsInvalid: Measurements of the order do not fit the network; gathered
                ones that do not are left out and named.
            NothingObservable: The measurements determine nothing.
            EstimationDiverged: No state fits them.
        """
        network = await self.find(order.network_id, order.version)
        at = as_utc(order.at or self.clock.now())
        gathered = await self._gather(network, at, order)
        expected = None
        if order.options.pseudo != "never":
            expected = await self.expectation.at(network, at)
        measured = [*order.measurements, *gathered.measurements]
        found = await asyncio.to_thread(
            self._estimate,
            network,
            measured,
            expected.power if expected else None,
            order.options,
            at,
        )
        run = EstimationRun(
            id=uuid.uuid4().hex,
            network_id=network.id,
            version=network.version,
            made_at=self.clock.now(),
            estimate=found,
            left_out=gathered.left_out,
            remarks=expected.remarks_on(found.observability.pseudo_measurements)
            if expected
            else [],
        )
        await self.record.keep(run)
        await self.bus.publish(_published(run))
        return run

    async def _gather(
        self, network: Network, at: datetime, order: EstimationOrder
    ) -> GatheredMeasurements:
        sent = {each.id for each in order.measurements}
        total = GatheredMeasurements()
        for feed in order.feeds:
            found = await self.feeds[feed].around(network, at, order.max_ages)
            wrong = _by_measurement(measurement_faults(network, found.measurements))
            total.left_out.update(found.left_out | wrong)
            total.measurements.extend(
                each for each in found.measurements if each.id not in wrong and each.id not in sent
            )
            sent.update(each.id for each in found.measurements)
        return total

    def _estimate(
        self,
        network: Network,
        measured: Sequence[Measurement],
        expected: ExpectedConsumption | None,
        options: EstimationOptions,
        at: datetime,
    ) -> GridEstimate:
        return to_estimate(estimator_of(network)(measured, expected, options), at)


def _by_measurement(found: Sequence[MeasurementFault]) -> dict[str, str]:
    return {each.measurement: each.reason for each in found}


def _published(run: EstimationRun) -> list[tuple[str, bytes]]:
    """Return the messages to publish: one a component, then the summary."""
    components = [
        (COMPONENTS, msgspec.json.encode(each)) for each in component_messages(run.estimate)
    ]
    summary = EstimationSummary(
        id=run.id,
        network_id=run.network_id,
        version=run.version,
        at=run.estimate.at,
        quality=run.estimate.quality,
        is_observable=run.estimate.observability.is_observable,
        alarms=run.estimate.alarms,
    )
    return [*components, (SUMMARIES, msgspec.json.encode(summary))]


@dataclass(frozen=True, slots=True)
class ReadEstimation:
    """Reads stored state estimations.

    Args:
        record: Where they are.
    """

    record: EstimationRecords

    async def __call__(self, run_id: str | None = None) -> EstimationRun:
        """Return a state estimation, by default the one made last.

        Raises:
            UnknownEstimation: There is none.
        """
        found = await (self.record.latest() if run_id is None else self.record.by_id(run_id))
        if found is None:
            name = "at all" if run_id is None else run_id
            raise UnknownEstimation(f"No state estimation {name} is stored.", id=run_id)
        return found


@dataclass(frozen=True, slots=True)
class TakeTelemetry:
    """Stores measurements that are sent before they are asked for.

    Args:
        telemetry: Where they are kept.
        clock: The market's clock.
    """

    telemetry: TelemetryRecords
    clock: Clock

    async def __call__(self, measurements: Sequence[Measurement]) -> int:
        """Store measurements, one without an instant as of now, and return how many."""
        now = self.clock.now()
        dated = [
            each if each.at is not None else msgspec.structs.replace(each, at=now)
            for each in measurements
        ]
        await self.telemetry.keep(dated, now)
        return len(dated)
