"""Expected power of consumers, for state estimations."""

from dataclasses import dataclass, replace
from datetime import datetime

from platone.dso.domain.estimation import ExpectedConsumers
from platone.dso.domain.expectation import expected_consumers
from platone.dso.domain.forecast import KnownDay
from platone.dso.service.forecast import MakeForecast
from platone.dso.service.profile import ReadProfiles
from platone.grid.network.model import Network
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class ForecastExpectation:
    """Gathers what is expected: of typical days, else of baselines and trades, else of the file.

    A PoD that has traded a quarter-hour is expected to keep to the trade. Reactive power that was
    not metered follows the active one, at the power factor of the PoD, or of the load in the
    network file. What no typical day tells is known to half of the apparent power.

    Args:
        forecast: Knows baselines and trades.
        profiles: Typical days.
        zone: IANA name of the market's zone.
        least_kw: Standard deviation of a typical day's power at least: no better than a meter.
    """

    forecast: MakeForecast
    profiles: ReadProfiles
    zone: str
    least_kw: float

    async def at(self, network: Network, at: datetime) -> ExpectedConsumers:
        """Return the expected power of consumers in the quarter-hour that holds an instant."""
        day, remarks = MarketDay.holding(at, self.zone), list[str]()
        try:
            known = await self.forecast.known(network, day)
        except PlatoneError as problem:
            remarks.append(f"The customer database does not answer: {problem.detail}")
            known = KnownDay()
        is_off = {load.id for load in network.loads if not load.closed}
        asked = [each.id for each in network.consumers if each.id not in is_off]
        typical = await self.profiles.of_day(asked, day)
        row = day.index(at)
        found = expected_consumers(network, day, row, known, typical, self.least_kw)
        return replace(found, remarks=remarks)
