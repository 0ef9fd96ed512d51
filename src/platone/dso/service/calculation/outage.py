"""The outages of a market day, calculated and written outage by outage."""

import msgspec

from platone.dso.domain.day_input import DayInput
from platone.dso.domain.network_input import NetworkInput
from platone.dso.service.calculation.network import network_of
from platone.grid.contingency.analysis import analyse_outages
from platone.grid.contingency.outage import outages_of
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.result.contingency import to_outage_run
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.infra.calculation.result import Written

_LIST = b'"outages":['
_engine = GridModelPowerFlow()


def outages(
    given: NetworkInput,
    inputs: DayInput,
    branches: tuple[str, ...] | None,
    band: VoltageBand | None,
    *,
    resupply: bool,
) -> Written:
    """Switch off each branch of a network over a market day, or each of those named.

    Raises:
        PodDataMissing: Data of its points of delivery are missing.
        UnknownBranch: One of the names is that of no branch.
        VoltageBandInvalid: The band is none.
        PowerFlowDiverged: A quarter-hour has no solution in the intact network.
    """
    network = with_voltage_band(network_of(given), band)
    forecast = inputs.on(network)
    chosen = outages_of(network, branches)
    found = analyse_outages(network, _engine, forecast.power, chosen, resupply=resupply)
    run = to_outage_run(network, found, list(forecast.day.instants()))
    # A quotation mark within a text is escaped, so that the list's name stands there once.
    remarks = list(forecast.remarks)
    frame = msgspec.json.encode(msgspec.structs.replace(run, outages=[], remarks=remarks))
    head, name, tail = frame.partition(_LIST)
    return Written(head + name, map(msgspec.json.encode, run.outages), tail)
