"""Expected power of consumers, for state estimations."""

from dataclasses import dataclass
from datetime import datetime

from platone.dso.domain.expectation import ExpectationInput
from platone.dso.domain.forecast import KnownDay
from platone.dso.domain.network_input import NetworkOutline
from platone.dso.service.forecast import GatherDay
from platone.dso.service.profile import ReadProfiles
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class GatherExpectation:
    """Gathers what is expected: of typical days, else of baselines and trades, else of the file.

    A PoD that has traded a quarter-hour is expected to keep to the trade. Reactive power that was
    not metered follows the active one, at the power factor of the PoD, or of the load in the
    network file. What no typical day tells is known to half of the apparent power.

    Args:
        gather: Knows baselines and trades.
        profiles: Typical days.
        zone: IANA name of the market's zone.
        least_kw: Standard deviation of a typical day's power at least: no better than a meter.
    """

    gather: GatherDay
    profiles: ReadProfiles
    zone: str
    least_kw: float

    async def at(self, outline: NetworkOutline, at: datetime) -> ExpectationInput:
        """Return the knowledge of consumers in the quarter-hour that holds an instant."""
        day, remarks = MarketDay.holding(at, self.zone), list[str]()
        try:
            known = await self.gather.known(outline, day)
        except PlatoneError as problem:
            remarks.append(f"The customer database does not answer: {problem.detail}")
            known = KnownDay()
        typical = await self.profiles.of_day([*outline.loads, *outline.pods], day)
        row = day.index(at)
        return ExpectationInput(day, row, known, typical, self.least_kw, tuple(remarks))
