"""The limits of the grid that a session's clearing is to keep, for a stored network."""

from dataclasses import dataclass

import msgspec

from platone.dso.domain.day_input import DayInput
from platone.dso.domain.grid_limit import LimitOrder, limit_session
from platone.dso.domain.network_input import NetworkInput
from platone.dso.domain.request import expected_power
from platone.dso.service.calculation.network import network_of
from platone.grid.flow.alarm import unsupplied
from platone.grid.result.state import to_alarms
from platone.grid.run.grid_work import GridWork
from platone.messages.clearing import GridLimit


@dataclass(frozen=True, slots=True)
class FoundLimits:
    """The broken limits of a session, and the limits that its clearing is to keep.

    Attributes:
        alarms: Consumers without supply and broken limits at the baselines, the worst first; JSON.
        limits: The limits that flexibility could break or has to relieve.
        remarks: What typical days stand in for.
    """

    alarms: bytes
    limits: tuple[GridLimit, ...]
    remarks: tuple[str, ...]


def find_grid_limits(
    given: NetworkInput,
    inputs: DayInput,
    indices: range,
    order: LimitOrder,
    work: GridWork,
) -> FoundLimits:
    """Find the limits of some quarter-hours of a day, as straight lines near their cure.

    Args:
        given: The network.
        inputs: The day's inputs.
        indices: The quarter-hours.
        order: Who asks, what it pays, and whether reactive power moves by itself.
        work: Calculates what cures the grid.

    Raises:
        PodDataMissing: Data of its points of delivery are missing.
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
        ClusterMissing: The workers are not there.
    """
    forecast = inputs.on(network_of(given))
    found = limit_session(forecast, indices, order, work)
    dark = unsupplied(forecast.network, expected_power(forecast, indices))
    instants = [forecast.day.instant(index) for index in indices]
    alarms = to_alarms([*dark, *found.need.violations], instants)
    return FoundLimits(msgspec.json.encode(alarms), found.limits, forecast.remarks)
