"""The outages of a market day: what follows where a branch fails, and how to supply again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from platone.dso.service.calculation.outage import outages
from platone.dso.service.forecast import GatherDay
from platone.dso.service.network import FindNetwork
from platone.grid.study.limit import VoltageBand
from platone.infra.calculation.job import Jobs
from platone.infra.calculation.result import ResultFile
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class StudyOutages:
    """Studies the outages of a market day as it is expected; nothing is stored.

    Args:
        find: Finds the network.
        gather: Gathers the inputs.
        jobs: Has them calculated.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    gather: GatherDay
    jobs: Jobs
    zone: str

    async def __call__(
        self,
        start_time: datetime,
        network_id: str | None = None,
        version: str | None = None,
        branches: Sequence[str] | None = None,
        *,
        resupply: bool = True,
        voltage_band: VoltageBand | None = None,
    ) -> ResultFile:
        """Return the outages of all branches, or of those named, the worst first.

        Raises:
            NetworkMissing, UnknownNetwork: There is no network to calculate.
            PodDataMissing: Data of its points of delivery are missing.
            UnknownBranch: One of the names is that of no branch.
            VoltageBandInvalid: The band is none.
            PowerFlowDiverged: A quarter-hour has no solution in the intact network.
        """
        network = await self.find(network_id, version)
        day = MarketDay.holding(start_time, self.zone)
        inputs = await self.gather(await self.find.outline(network), day)
        calculate = partial(outages, resupply=resupply)
        chosen = None if branches is None else tuple(branches)
        _, result = await self.jobs.calculate(calculate, network, inputs, chosen, voltage_band)
        return result
