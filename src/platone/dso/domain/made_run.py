"""Calculations of market days, by what their records know them."""

from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from platone.dso.domain.network_key import NetworkKey
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A calculation of a market day.

    Attributes:
        day: The market day.
        network: The network that was calculated.
        made_at: When, by the market's clock.
        unbalanced: Whether it tells the three phases apart.
    """

    day: MarketDay
    network: NetworkKey
    made_at: datetime
    _: KW_ONLY
    unbalanced: bool
