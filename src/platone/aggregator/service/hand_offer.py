"""Offers that are made by hand, or by a program: refused where customers wish otherwise."""

from collections.abc import Mapping

from platone.aggregator.domain.problem import SessionNotNamed
from platone.aggregator.domain.wish import BoundPod, broken_wishes
from platone.aggregator.service.plan import PlanRooms
from platone.aggregator.service.portfolio import DELETED
from platone.aggregator.service.trade import TradeService
from platone.kernel.errors import raise_all
from platone.kernel.market_time import MarketDay
from platone.messages.base import Submission
from platone.messages.market import FlexibilityService


class HandOfferService:
    """Sends offers as they were made, if they keep to what customers wish and agreed.

    Args:
        rooms: The records.
        trade: Knows the market of each party.
        zone: IANA name of the market's zone.
    """

    def __init__(self, rooms: PlanRooms, trade: TradeService, zone: str) -> None:
        self._rooms = rooms
        self._trade = trade
        self._zone = zone

    async def offer(self, party: str, made: FlexibilityService) -> Submission:
        """Send an offer, or another version of one; the answer is the market's.

        Raises:
            UnknownTenant: The party is not served here.
            SessionNotNamed: The offer does not tell its session.
            WishNotKept: It is against a customer's wish; nothing was sent.
            PartnerUnavailable: The market does not answer.
        """
        market = self._trade.market(party)
        if made.market_type is None or made.start_time is None:
            raise SessionNotNamed("Name the session by marketType and startTime.")
        day = MarketDay.holding(made.start_time, self._zone)
        raise_all(broken_wishes(made, await self._bound(party, made, day), day))
        answer = await market.offer(made)
        await self._rooms.trades.save_offer(party, made, answer)
        return answer

    async def _bound(
        self, party: str, made: FlexibilityService, day: MarketDay
    ) -> Mapping[str, BoundPod]:
        """Return, by point of delivery of an offer, all that its customer lets be offered.

        What was agreed by quarter-hour does not bind those with assets: they are planned.
        """
        named = {name for entry in made.flexibility for name in entry.pod or ()}
        is_all = any(entry.pod is None for entry in made.flexibility)
        items = {
            each.pod.pod_id: each
            for each in await self._rooms.portfolio.pods(party)
            if each.pod.action_type != DELETED and (is_all or each.pod.pod_id in named)
        }
        said = await self._rooms.preferences.of_day(day.on, items)
        baselines = await self._rooms.portfolio.baselines(party, day.start)
        planned = {each.pod_id for each in await self._rooms.assets.of(party)}
        return {
            name: BoundPod(
                said=said.get(name),
                agreed=() if name in planned else item.preferences,
                baseline_kw=baselines[name].values if name in baselines else None,
            )
            for name, item in items.items()
        }
