"""A state estimation, calculated: from readings to what is stored, answered and published."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.dso.domain.component_message import component_messages
from platone.dso.domain.estimation import GatheredMeasurements
from platone.dso.domain.expectation import ExpectationInput
from platone.dso.domain.network_input import NetworkInput
from platone.dso.domain.network_key import NetworkKey
from platone.dso.service.calculation.network import network_of
from platone.dso.service.ports import FeedReadings
from platone.grid.estimation.check import measurement_faults
from platone.grid.estimation.estimate import estimator_of
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.result import EstimationOptions
from platone.grid.network.model import Network
from platone.grid.result.estimate import to_estimate
from platone.messages.estimation import ComponentMessages, EstimationRun, EstimationSummary


@dataclass(frozen=True, slots=True)
class EstimationInput:
    """The inputs of a state estimation.

    Attributes:
        id: Its identifier.
        made_at: When it is made, on the market's clock.
        at: The instant.
        measurements: What was sent with the question.
        readings: What was gathered, by feed.
        expected: What consumers are expected to withdraw; None where that does not count.
        options: How to estimate.
    """

    id: str
    made_at: datetime
    at: datetime
    measurements: Sequence[Measurement]
    readings: Sequence[FeedReadings]
    expected: ExpectationInput | None
    options: EstimationOptions


@dataclass(frozen=True, slots=True)
class EstimatedState:
    """A state estimation, as it is stored and published.

    Attributes:
        run: The whole, as JSON.
        packed: The same, compressed, as it is stored.
        components: The messages of its components, as JSON.
        summary: The message of its summary, as JSON.
    """

    run: bytes
    packed: bytes
    components: Sequence[bytes]
    summary: bytes


def estimate_state(given: NetworkInput, inputs: EstimationInput) -> EstimatedState:
    """Estimate a state.

    Raises:
        MeasurementsInvalid: Measurements that were sent do not fit the network; gathered ones
            that do not are left out and named.
        NothingObservable: The measurements determine nothing.
        EstimationDiverged: No state fits them.
    """
    network = network_of(given)
    gathered = _gathered(network, inputs)
    expected = None if inputs.expected is None else inputs.expected.on(network)
    measured = [*inputs.measurements, *gathered.measurements]
    power = None if expected is None else expected.power
    found = to_estimate(estimator_of(network)(measured, power, inputs.options), inputs.at)
    pseudo = found.observability.pseudo_measurements
    run = EstimationRun(
        id=inputs.id,
        network_id=network.id,
        version=network.version,
        made_at=inputs.made_at,
        estimate=found,
        left_out=gathered.left_out,
        remarks=[] if expected is None else expected.remarks_on(pseudo),
    )
    content = msgspec.json.encode(run)
    components = [msgspec.json.encode(each) for each in component_messages(found)]
    return EstimatedState(content, zlib.compress(content, level=1), components, _summary(run))


def components_of(packed: bytes) -> bytes:
    """Return the messages of a stored estimation's components, as JSON."""
    run = unpacked(packed)
    return msgspec.json.encode(ComponentMessages(components=component_messages(run.estimate)))


def network_of_estimation(packed: bytes) -> NetworkKey:
    """Return the network of a stored state estimation, without reading its state."""
    head = msgspec.json.decode(zlib.decompress(packed), type=_Head)
    return NetworkKey(head.network_id, head.version)


class _Head(msgspec.Struct, rename="camel"):
    """The part of a stored state estimation that names its network."""

    network_id: str
    version: str


def unpacked(packed: bytes) -> EstimationRun:
    """Return a stored state estimation."""
    return msgspec.json.decode(zlib.decompress(packed), type=EstimationRun)


def _gathered(network: Network, inputs: EstimationInput) -> GatheredMeasurements:
    sent = {each.id for each in inputs.measurements}
    total = GatheredMeasurements()
    for readings in inputs.readings:
        found = readings.on(network)
        wrong = {
            each.measurement: each.reason
            for each in measurement_faults(network, found.measurements)
        }
        total.left_out.update(found.left_out | wrong)
        total.measurements.extend(
            each for each in found.measurements if each.id not in wrong and each.id not in sent
        )
        sent.update(each.id for each in found.measurements)
    return total


def _summary(run: EstimationRun) -> bytes:
    return msgspec.json.encode(
        EstimationSummary(
            id=run.id,
            network_id=run.network_id,
            version=run.version,
            at=run.estimate.at,
            quality=run.estimate.quality,
            is_observable=run.estimate.observability.is_observable,
            alarms=run.estimate.alarms,
        )
    )
