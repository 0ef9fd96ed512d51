"""The wishes of an aggregator's customers, read for its pages."""

from platone.dashboard.domain.pod_wish import PodWish, pod_wishes
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.asset import AssetPage, PreferencePage
from platone.messages.portfolio import PortfolioPage


async def read_wishes(visitor: Visitor, day: MarketDay) -> dict[str, PodWish]:
    """Return the wishes of customers for a day, by point of delivery; none if hidden."""
    calls = visitor.calls
    said = await calls.seen(f"/api/aggregator/preferences/{day.on}", PreferencePage)
    portfolio = await calls.seen("/api/aggregator/pods", PortfolioPage)
    assets = await calls.seen("/api/aggregator/assets", AssetPage)
    return pod_wishes(
        day,
        [each.preference for each in (said.preferences if said is not None else ())],
        [each.entry for each in (portfolio.pods if portfolio is not None else ())],
        {each.pod_id for each in (assets.assets if assets is not None else ())},
    )
