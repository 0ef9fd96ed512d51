"""Questions for the power flow of a market day."""

from typing import Annotated

import msgspec

from platone.messages.base import Instant, Message, PodId, PowerKw, SlotIndex
from platone.messages.outage import NetworkChoice, VoltageBand


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
