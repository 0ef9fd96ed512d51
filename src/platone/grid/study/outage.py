"""Outages of a study: each branch out of service, what follows, and how to supply again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from platone.grid.contingency.consequence import ContingencyAnalysis
from platone.grid.contingency.outage import outages_of
from platone.grid.network.model import Network
from platone.grid.result.contingency import to_outage_run
from platone.grid.run.grid_work import GridWork
from platone.grid.run.span import Progress
from platone.grid.shown import Columns, Shown, View, view_of
from platone.grid.study.argument import require_flags
from platone.grid.study.flow_result import known, parts
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.grid.study.power import Power, instants_named, series_of
from platone.grid.study.table import lasting_columns
from platone.messages.outage import OutageRun


@dataclass(frozen=True, repr=False)
class OutageResult(Shown, ContingencyAnalysis):
    """The outages of a network, the worst first; they know their instants.

    Attributes:
        network: The network, with the voltage band that was given.
        instants: Of the quarter-hours, by scenario; empty: not known.
    """

    network: Network = field(kw_only=True)
    instants: tuple[datetime, ...] = ()

    def message(self) -> OutageRun:
        """Return the outages as they go on the wire.

        Raises:
            InstantsMissing: The instants are not known.
        """
        return to_outage_run(self.network, self, known(self.instants))


def outage(
    network: Network,
    power: Power | None = None,
    branches: Sequence[str] | str | None = None,
    progress: Progress | None = None,
    *,
    resupply: bool = True,
    voltage_band: VoltageBand | None = None,
    workers: str = "",
) -> OutageResult:
    """Return the consequences of switching off each branch in service, or each of those named.

    Args:
        network: The network.
        power: Powers of the instants; none: those that the network file describes.
        branches: Lines, transformers or windings, or one of them; none: all lines and
            transformers.
        progress: Called with the number of outages' instants that are left, all of them first.
        resupply: Whether to try what is normally open and leads to a part without supply.
        voltage_band: Least and greatest voltage of all buses; none: the network's own limits.
        workers: Where it is calculated.

    Raises:
        UnknownBranch: One of the names is that of no branch.
        PowerInvalid: The powers do not fit the network.
        PowerFlowDiverged: An instant has no solution in the intact network.
        WorkersInvalid, ClusterMissing: It cannot be calculated there.
    """
    require_flags(resupply=resupply)
    network, series = with_voltage_band(network, voltage_band), series_of(network, power)
    outages = outages_of(network, [branches] if isinstance(branches, str) else branches)
    if progress is not None:
        progress(len(outages) * len(series.power.p_kw))
    with instants_named(series.instants):
        found = GridWork(workers).outages(
            network, series.power, outages, progress, resupply=resupply
        )
    return OutageResult(**parts(found), network=network, instants=series.instants)


@view_of.register
def _(found: OutageResult) -> View:
    return View(
        f"Outages: {found.told()}",
        {
            "outages": lambda: _outage_columns(found),
            "alarms": lambda: lasting_columns(
                [(each.outage.element, each.found.violations) for each in found.contingencies],
                found.instants,
            ),
        },
    )


def _outage_columns(found: OutageResult) -> Columns:
    each = found.contingencies
    best = [one.resupplies[0].elements if one.resupplies else () for one in each]
    return {
        "element": [one.outage.element for one in each],
        "name": [one.outage.name for one in each],
        "lost_kw": [one.found.lost_kw for one in each],
        "lost_kwh": [one.found.lost_kwh for one in each],
        "dark_buses": [sum(len(part.buses) for part in one.found.islands) for one in each],
        "alarms": [len(one.found.violations) for one in each],
        "closed": [", ".join(elements) for elements in best],
        "left_kwh": [one.left.lost_kwh for one in each],
        "left_alarms": [len(one.left.violations) for one in each],
    }
