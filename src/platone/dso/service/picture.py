"""Pictures of stored networks, their market days and their state estimations."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from platone.dso.service.calculation.estimation import network_of_estimation
from platone.dso.service.calculation.picture import (
    PictureFormat,
    PictureLayout,
    estimate_picture,
    heat_map_picture,
    network_picture,
)
from platone.dso.service.estimation import ReadEstimation
from platone.dso.service.forecast import GatherDay
from platone.dso.service.network import FindNetwork
from platone.grid.study.limit import VoltageBand
from platone.infra.calculation.job import Jobs
from platone.infra.calculation.result import ResultFile
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class DrawEstimate:
    """Draws stored state estimations.

    Args:
        find: Finds the network.
        read: Reads state estimations.
        jobs: Has them drawn.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    read: ReadEstimation
    jobs: Jobs
    zone: str

    async def __call__(
        self, run_id: str | None, form: PictureFormat, layout: PictureLayout
    ) -> ResultFile:
        """Draw a state estimation, by default the one made last.

        Raises:
            UnknownEstimation: There is none.
            UnknownNetwork: Its network is not stored.
        """
        packed = await self.read(run_id)
        key = await asyncio.to_thread(network_of_estimation, packed)
        network = await self.find(key.id, key.version)
        draw = partial(estimate_picture, layout=layout, zone=self.zone, form=form)
        _, drawn = await self.jobs.calculate(draw, network, packed)
        return drawn


@dataclass(frozen=True, slots=True)
class DrawPicture:
    """Has the states of a network calculated and drawn.

    Args:
        find: Finds the network.
        gather: Gathers a day's inputs.
        jobs: Has it calculated and drawn.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    gather: GatherDay
    jobs: Jobs
    zone: str

    async def network(  # noqa: PLR0913 - one parameter an option
        self,
        network_id: str,
        version: str | None,
        start_time: datetime | None,
        form: PictureFormat,
        layout: PictureLayout,
        voltage_band: VoltageBand | None = None,
        *,
        since: str | None = None,
        with_trades: bool = True,
    ) -> ResultFile:
        """Draw a network, in the state of its file or of the market day that an instant falls in.

        An image of a day shows the instant itself where it is one of its quarter-hours and not
        its first, else the one with the worst alarm; a page shows all. What has changed since an
        earlier version is marked. Without trades it is the day as it was forecast.

        Raises:
            UnknownNetwork: It is not stored.
            PodDataMissing: Data of its points of delivery for the day are missing.
            PowerFlowDiverged: A quarter-hour has no solution.
            VoltageBandInvalid: The band is none.
        """
        network = await self.find(network_id, version)
        earlier = None if since is None else await self.find(network_id, since)
        inputs = None
        if start_time is not None:
            day = MarketDay.holding(start_time, self.zone)
            outline = await self.find.outline(network)
            inputs = await self.gather(outline, day, with_trades=with_trades)
        draw = partial(network_picture, layout=layout, zone=self.zone, form=form, earlier=earlier)
        _, drawn = await self.jobs.calculate(draw, network, inputs, start_time, voltage_band)
        return drawn

    async def heat_map(
        self,
        network_id: str,
        version: str | None,
        start_time: datetime,
        form: PictureFormat,
        *,
        with_trades: bool = True,
    ) -> ResultFile:
        """Draw the loading of the market day that an instant falls in; raises as `network`."""
        network = await self.find(network_id, version)
        day = MarketDay.holding(start_time, self.zone)
        outline = await self.find.outline(network)
        inputs = await self.gather(outline, day, with_trades=with_trades)
        draw = partial(heat_map_picture, zone=self.zone, form=form)
        _, drawn = await self.jobs.calculate(draw, network, inputs)
        return drawn
