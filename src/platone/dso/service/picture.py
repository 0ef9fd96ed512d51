"""Pictures of stored networks, their market days and their state estimations."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from platone.dso.service.estimation import ReadEstimation
from platone.dso.service.forecast import MakeForecast
from platone.dso.service.network import FindNetwork
from platone.grid.flow.state import Flow, PowerFlow, snapshot
from platone.grid.network.model import Network
from platone.grid.picture.draw import draw_estimate, draw_heat_map, draw_network
from platone.grid.study.limit import VoltageBand, with_voltage_band
from platone.kernel.market_time import MarketDay

PictureFormat = Literal["html", "svg", "png"]
PictureLayout = Literal["auto", "scheme", "map"]


@dataclass(frozen=True, slots=True)
class DrawEstimate:
    """Draws stored state estimations.

    Args:
        find: Finds the network.
        read: Reads state estimations.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    read: ReadEstimation
    zone: str

    async def __call__(
        self, run_id: str | None, form: PictureFormat, layout: PictureLayout
    ) -> bytes:
        """Draw a state estimation, by default the one made last.

        Raises:
            UnknownEstimation: There is none.
            UnknownNetwork: Its network is not stored.
        """
        run = await self.read(run_id)
        network = await self.find(run.network_id, run.version)
        return await asyncio.to_thread(
            draw_estimate, network, run.estimate, layout=layout, zone=self.zone, format=form
        )


@dataclass(frozen=True, slots=True)
class DrawPicture:
    """Calculates the states of a network, and draws them.

    Args:
        find: Finds the network.
        forecast: Gathers a day's inputs.
        engine: Solves.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    forecast: MakeForecast
    engine: PowerFlow
    zone: str

    async def network(
        self,
        network_id: str,
        version: str | None,
        start_time: datetime | None,
        form: PictureFormat,
        layout: PictureLayout,
        voltage_band: VoltageBand | None = None,
    ) -> bytes:
        """Draw a network, in the state of its file or of the market day that an instant falls in.

        An image of a day shows the instant itself where it is one of its quarter-hours and not
        its first, else the one with the worst alarm; a page shows all.

        Raises:
            UnknownNetwork: It is not stored.
            PodDataMissing: Data of its points of delivery for the day are missing.
            PowerFlowDiverged: A quarter-hour has no solution.
            VoltageBandInvalid: The band is none.
        """
        network = with_voltage_band(await self.find(network_id, version), voltage_band)
        if start_time is None:
            flow = await asyncio.to_thread(self.engine.solve, network, snapshot(network))
            instants: list[datetime] = []
            at = None
        else:
            flow, instants = await self._day(network, start_time)
            at = start_time if start_time in instants[1:] else None
        return await asyncio.to_thread(
            draw_network,
            network,
            flow,
            instants,
            at=at,
            layout=layout,
            zone=self.zone,
            format=form,
        )

    async def heat_map(
        self, network_id: str, version: str | None, start_time: datetime, form: PictureFormat
    ) -> bytes:
        """Draw the loading of the market day that an instant falls in; raises as `network`."""
        network = await self.find(network_id, version)
        flow, instants = await self._day(network, start_time)
        return await asyncio.to_thread(
            draw_heat_map, network, flow, instants, zone=self.zone, format=form
        )

    async def _day(self, network: Network, start_time: datetime) -> tuple[Flow, list[datetime]]:
        day = MarketDay.holding(start_time, self.zone)
        forecast = await self.forecast(network, day)
        flow = await asyncio.to_thread(self.engine.solve, network, forecast.power)
        return flow, list(day.instants())
