"""Bodies and answers of the DSO platform's routes that no other party speaks."""

from typing import Annotated, Any

import msgspec

from platone.messages.base import (
    Identifier,
    Instant,
    MarketType,
    Message,
    PodId,
    PowerKw,
    SlotIndex,
    Submission,
)
from platone.messages.clearing import GridLimits
from platone.messages.grid import Alarm
from platone.messages.market import FlexibilityService
from platone.messages.registry import Setpoint

DEFAULT_PRICE_LIMIT_EUR_PER_KWH = 0.1
"""Price limit of a request that names none, EUR/kWh: that of the deliverable's example."""


class NetworkRemark(Message):
    """A remark on reading a network; it did not keep the network from being calculated.

    Attributes:
        element: The element that it is about.
        reason: What was noted.
    """

    element: str
    reason: str


class NetworkSubmission(Submission):
    """The answer to a network that was stored, with the remarks on reading it.

    Attributes:
        remarks: What was noted on reading it.
    """

    remarks: list[NetworkRemark] = msgspec.field(default_factory=list)


class NetworkChoice(Message):
    """A network; without a version its version stored last, without anything the one in force.

    Attributes:
        network_id: The network; without it the one in force.
        version: Its version; without it the one stored last.
    """

    network_id: Identifier | None = None
    version: Identifier | None = None


class PodPom(Message):
    """The point of measurement that feeds a point of delivery.

    Attributes:
        pod_id: The point of delivery.
        po_m_id: The point of measurement that feeds it.
    """

    pod_id: PodId
    po_m_id: Identifier


class Associations(Message):
    """The result of an association.

    Attributes:
        network_id: The network it was computed on.
        version: Its version.
        associations: What customers took.
        not_registered: PoDs of the network that customers does not know.
        not_on_network: Registered PoDs that the network does not connect.
        refused: What customers refused: problems by PoD.
    """

    network_id: str
    version: str
    associations: list[PodPom]
    not_registered: list[str]
    not_on_network: list[str]
    refused: dict[str, Any]


class Supposition(Message):
    """A power that a point of delivery is supposed to have in one quarter-hour.

    Attributes:
        pod_id: The point of delivery.
        index: The quarter-hour of the market day.
        power_kw: Its total active power, kW, load convention.
    """

    pod_id: PodId
    index: SlotIndex
    power_kw: PowerKw


class VoltageBand(Message):
    """The voltages that all buses may have, per unit of nominal.

    Attributes:
        least_pu: The least voltage, such as 0.9.
        most_pu: The greatest voltage, such as 1.1.
    """

    least_pu: Annotated[float, msgspec.Meta(gt=0, le=10)]
    most_pu: Annotated[float, msgspec.Meta(gt=0, le=10)]


class PowerFlowQuestion(NetworkChoice):
    """A market day by any instant in it, and a network.

    Attributes:
        network_id: The network; without it the one in force.
        version: Its version; without it the one stored last.
        start_time: The instant.
        suppose: Powers to calculate with in place of what is expected; nothing is stored then.
        unbalanced: Whether to tell the three phases apart, for low voltage.
        voltage_band: Voltages that all buses may have, in place of the network's own limits;
            nothing is stored then.
    """

    start_time: Instant
    unbalanced: bool = False
    voltage_band: VoltageBand | None = None
    suppose: Annotated[tuple[Supposition, ...], msgspec.Meta(max_length=100_000)] = ()


class OutageQuestion(NetworkChoice):
    """A market day by any instant in it, a network, and what of it fails.

    Attributes:
        network_id: The network; without it the one in force.
        version: Its version; without it the one stored last.
        start_time: The instant.
        branches: Lines, transformers or windings that fail, one after the other; without it all
            lines and transformers in service.
        resupply: Whether to try what is normally open and leads to a part without supply.
        voltage_band: Voltages that all buses may have, in place of the network's own limits.
    """

    start_time: Instant
    branches: Annotated[tuple[Identifier, ...], msgspec.Meta(max_length=100_000)] | None = None
    resupply: bool = True
    voltage_band: VoltageBand | None = None


class RequestQuestion(Message):
    """A session, and the most that the DSO pays.

    Attributes:
        market_type: The session's kind.
        start_time: Start of its delivery.
        price_limit_eur_per_kwh: Price limit of the request.
    """

    market_type: MarketType
    start_time: Instant
    price_limit_eur_per_kwh: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = (
        DEFAULT_PRICE_LIMIT_EUR_PER_KWH
    )


class LimitsQuestion(RequestQuestion):
    """A session, the most that the DSO pays, and what its market trades.

    Attributes:
        reactive: Whether it trades reactive power: limits then tell its effects, too.
    """

    reactive: bool = False


class IncurableAlarm(Message):
    """The rest of an alarm, which no flexible point of delivery can cure.

    Attributes:
        alarm: The alarm.
        reason: Why no flexibility cures it.
    """

    alarm: Alarm
    reason: str


class RequestAnswer(Message):
    """The broken limits that were found, and the request that was made.

    Attributes:
        alarms: Broken limits at the baselines, the worst first.
        request: The request that was sent; none where nothing can be asked.
        submission: The market's answer to it.
        incurable: What it leaves.
        remarks: What typical days stand in for: missing baselines, the loads of the network file.
    """

    alarms: list[Alarm]
    request: FlexibilityService | None
    submission: Submission | None
    incurable: list[IncurableAlarm]
    remarks: list[str] = msgspec.field(default_factory=list)


class GridLimitsAnswer(Message):
    """The broken limits that were found, and the limits that the market was told.

    Attributes:
        alarms: Broken limits at the baselines, the worst first.
        told: The limits that were sent to the market.
        submission: The market's answer.
        remarks: What typical days stand in for: missing baselines, the loads of the network file.
    """

    alarms: list[Alarm]
    told: GridLimits
    submission: Submission
    remarks: list[str] = msgspec.field(default_factory=list)


class SetpointStatus(Setpoint):
    """A setpoint with its state on the way to its node.

    Attributes:
        aggregator_id: Who sent it.
        status: waiting, accepted, refused or expired.
        device: The node that it was sent to.
        detail: Why the node refused it.
        acknowledged_at: When the node answered.
    """

    aggregator_id: str
    status: str
    device: str | None = None
    detail: str | None = None
    acknowledged_at: Instant | None = None


class SetpointPage(Message):
    """Setpoints by identifier.

    Attributes:
        setpoints: A thousand of them at most.
        next: The last one's identifier, where more follow: ask again with it as `after`.
    """

    setpoints: list[SetpointStatus]
    next: Identifier | None = None
