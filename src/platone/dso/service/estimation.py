"""State estimation on demand: measurements in, the state stored and published."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from platone.dso.domain.estimation import Feed, MaxAges
from platone.dso.domain.problem import UnknownEstimation
from platone.dso.records.estimation import EstimationRecords, TelemetryRecords
from platone.dso.service.calculation.estimation import (
    EstimationInput,
    components_of,
    estimate_state,
)
from platone.dso.service.expectation import GatherExpectation
from platone.dso.service.network import FindNetwork
from platone.dso.service.ports import EstimatePublisher, MeasurementFeed
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.result import EstimationOptions
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.clock import Clock
from platone.kernel.market_time import as_utc

COMPONENTS = "stateEstimation"
SUMMARIES = "stateEstimationSummary"
"""Their places on the databus, below `processed/bal/`."""


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
        desk: Calculates.
        record: Where results are stored.
        bus: Where they are published.
        clock: The market's clock.
    """

    find: FindNetwork
    feeds: Mapping[Feed, MeasurementFeed]
    expectation: GatherExpectation
    desk: CalculationDesk
    record: EstimationRecords
    bus: EstimatePublisher
    clock: Clock

    async def __call__(self, order: EstimationOrder) -> bytes:
        """Estimate the state, store it and publish it; return it as JSON.

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
        readings = [await self.feeds[each].around(at, order.max_ages) for each in order.feeds]
        expected = None
        if order.options.pseudo != "never":
            expected = await self.expectation.at(await self.find.outline(network), at)
        inputs = EstimationInput(
            id=uuid.uuid4().hex,
            made_at=self.clock.now(),
            at=at,
            measurements=order.measurements,
            readings=readings,
            expected=expected,
            options=order.options,
        )
        found = await self.desk.run(estimate_state, network, inputs)
        await self.record.keep(inputs.id, inputs.made_at, found.packed)
        components = [(COMPONENTS, each) for each in found.components]
        await self.bus.publish([*components, (SUMMARIES, found.summary)])
        return found.run


@dataclass(frozen=True, slots=True)
class ReadEstimation:
    """Reads stored state estimations.

    Args:
        record: Where they are.
    """

    record: EstimationRecords

    async def __call__(self, run_id: str | None = None) -> bytes:
        """Return a state estimation as it was packed, by default the one made last.

        Raises:
            UnknownEstimation: There is none.
        """
        found = await (self.record.latest() if run_id is None else self.record.by_id(run_id))
        if found is None:
            name = "at all" if run_id is None else run_id
            raise UnknownEstimation(f"No state estimation {name} is stored.", id=run_id)
        return found


@dataclass(frozen=True, slots=True)
class ReadComponents:
    """Shows a stored state estimation as the messages that were published.

    Args:
        desk: Makes them.
    """

    desk: CalculationDesk

    async def __call__(self, packed: bytes) -> bytes:
        """Return the messages of its components, as JSON."""
        return await self.desk.run(components_of, packed)


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
