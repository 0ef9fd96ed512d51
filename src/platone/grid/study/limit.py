"""Limits of a study: a voltage band in place of the file's, and what no limit watches."""

import math
from dataclasses import replace

from platone.grid.network.element import NO_VOLTAGE_LIMITS
from platone.grid.network.model import Network
from platone.grid.problem.study import VoltageBandInvalid
from platone.grid.result.unwatched import to_unwatched
from platone.grid.study.argument import require_network

VoltageBand = tuple[float, float]
"""Least and greatest voltage, per unit of nominal."""
_GREATEST_PU = 2.0
"""Greatest voltage of a band, per unit: no grid runs at twice its nominal voltage, so that more is
another unit."""


def parse_voltage_band(text: str) -> VoltageBand:
    """Return the voltage band that a text such as 0.9:1.1 gives.

    Raises:
        VoltageBandInvalid: It is not of this form.
    """
    least, _, greatest = text.partition(":")
    try:
        return float(least), float(greatest)
    except ValueError as error:
        raise VoltageBandInvalid(f"{text!r} is no voltage band; one is 0.9:1.1.") from error


def with_voltage_band(network: Network, band: VoltageBand | None) -> Network:
    """Return a network whose buses may have the voltages of a band, in place of its own limits.

    Args:
        network: The network; it stays as it is.
        band: The band; none: the network's own limits.

    Raises:
        VoltageBandInvalid: It is no band.
        ArgumentInvalid: No network is given.
    """
    require_network(network)
    if band is None:
        return network
    try:
        least, greatest = (float(each) for each in band)
    except (TypeError, ValueError) as error:
        raise VoltageBandInvalid(f"{band!r} is no voltage band; one is (0.9, 1.1).") from error
    if _GREATEST_PU < least < greatest < math.inf:
        detail = (
            f"{least:g} to {greatest:g} looks like percent; "
            f"per unit is {least / 100:g} to {greatest / 100:g}."
        )
        raise VoltageBandInvalid(detail)
    if not 0 < least < greatest <= _GREATEST_PU:
        detail = f"A voltage band of {least:g} to {greatest:g} per unit is none; one is 0.9 to 1.1."
        raise VoltageBandInvalid(detail)
    buses = tuple(replace(bus, min_pu=least, max_pu=greatest) for bus in network.buses)
    remarks = [each for each in network.remarks if not each.reason.startswith(NO_VOLTAGE_LIMITS)]
    return replace(network, buses=buses, remarks=tuple(remarks))


def unwatched(network: Network) -> str:
    """Say in one line how many buses and branches no limit watches."""
    require_network(network)
    count = to_unwatched(network)
    buses = f"{count.buses} of {len(network.buses)} buses"
    branches = f"{count.branches} of {len(network.branches)} branches"
    if not count.buses and not count.branches:
        return "a limit watches every bus and every branch"
    if not count.buses:
        return f"no limit watches {branches}; every bus is watched"
    if not count.branches:
        return f"no limit watches {buses}; every branch is watched"
    return f"no limit watches {buses} and {branches}"
