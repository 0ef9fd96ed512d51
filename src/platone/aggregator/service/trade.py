"""Trade of an aggregator: send offers, turn outcomes into setpoints, keep what was earned."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from platone.aggregator.domain.activation import parties_of, setpoints_of
from platone.aggregator.domain.call import PartnerCall
from platone.aggregator.domain.offer import build_offer, renewed
from platone.aggregator.domain.open_line import open_lines
from platone.aggregator.domain.preference import without_kept_hours
from platone.aggregator.domain.problem import UnknownTenant
from platone.aggregator.domain.remuneration import Earning, Remuneration, remunerate
from platone.aggregator.domain.window import window_of
from platone.aggregator.records.asset import AssetRecords
from platone.aggregator.records.portfolio import PortfolioRecords
from platone.aggregator.records.preference import PreferenceRecords
from platone.aggregator.records.seen import Seen
from platone.aggregator.records.trade import TradeRecords
from platone.aggregator.service.portfolio import DELETED, refusal
from platone.aggregator.service.ports import Market
from platone.infra.listing import Key, Listed, Part, part_of
from platone.infra.trace.step import Step, TracedSession, step
from platone.kernel.errors import PlatoneError
from platone.kernel.record_time import EARLIEST
from platone.kernel.session_window import SessionWindow
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.delivery import OpenLine
from platone.messages.market import SessionReference
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import PortfolioPod, Series, Setpoint, SetpointBatch
from platone.messages.settlement import Settlement

EarnedLine = tuple[str, Remuneration, Earning]
"""A settled trade with its aggregator, and all that its PoD earned there."""
_EARNED = (str, str, int, str, int)
"""Kinds of the key of earnings: party, PoD, start, settlement, and the place there."""
_OPEN = (int, str, str, str)
"""Kinds of the key of open lines: start, PoD, who asked, and the outcome."""


class TradeService:
    """Sends offers, activates what was taken, and keeps settlements, apart for each party.

    Args:
        portfolio: The portfolios that are stored.
        preferences: What customers said for market days.
        assets: The assets that are stored.
        trades: The offers, outcomes and settlements that are stored.
        markets: The market, as each party that is served here sees it.
        zone: IANA name of the market's zone.
    """

    def __init__(
        self,
        portfolio: PortfolioRecords,
        preferences: PreferenceRecords,
        assets: AssetRecords,
        trades: TradeRecords,
        markets: Mapping[str, Market],
        zone: str,
    ) -> None:
        self._portfolio = portfolio
        self._preferences = preferences
        self._assets = assets
        self._trades = trades
        self._markets = markets
        self._zone = zone

    async def offer(self, party: str, session: SessionReference) -> list[Submission]:
        """Send the offers that the portfolio's preferences allow in a session; one answer a PoD.

        PoDs without a preference are left out, and those with assets, which are planned. What the
        customer keeps for itself on the day is not offered. A repetition sends the same offers
        again, which the market knows already.

        Raises:
            UnknownTenant: The party is not served here.
            SessionStartInvalid: No session of the kind starts then.
            PartnerUnavailable: The market does not answer; what it took, it knows.
        """
        market = self.market(party)
        window = window_of(session, self._zone)
        baselines = await self._portfolio.baselines(party, window.day.start)
        results: list[Submission] = []
        for item in await self._offered(party, window):
            baseline = baselines.get(item.pod.pod_id)
            results.append(await self._offer_one(market, item, baseline, session, window))
        return results

    async def _offered(self, party: str, window: SessionWindow) -> list[PortfolioPod]:
        """Return the PoDs with preferences in a session, without what their customers keep."""
        planned = {each.pod_id for each in await self._assets.of(party)}
        items = [
            each
            for each in await self._portfolio.pods(party)
            if each.pod.action_type != DELETED and each.pod.pod_id not in planned
        ]
        pods = [each.pod.pod_id for each in items]
        said = await self._preferences.of_day(window.day.on, pods)
        left = [without_kept_hours(each, said.get(each.pod.pod_id)) for each in items]
        return [
            each
            for each in left
            if any(choice.index in window.indices for choice in each.preferences)
        ]

    async def _offer_one(
        self,
        market: Market,
        item: PortfolioPod,
        baseline: Series | None,
        session: SessionReference,
        window: SessionWindow,
    ) -> Submission:
        values = baseline.values if baseline is not None else None
        try:
            offer = build_offer(item, values, session, window)
        except PlatoneError as error:
            return refusal(item.pod.pod_id, error)
        before = await self._trades.offer(item.pod.aggregator_id, offer.player_service_id)
        offer = renewed(offer, before)
        result = await market.offer(offer)
        await self._trades.save_offer(item.pod.aggregator_id, offer, result)
        return result

    async def activate(self, outcome: ValidatedOutcome) -> Submission:
        """Take a validated outcome, and send the DSO setpoints for each PoD that was taken.

        Raises:
            UnknownTenant: The outcome holds offers of a party that is not served here.
            DuplicateIdentifier: Another outcome was received under this identifier.
        """
        parties = sorted(parties_of(outcome))
        for party in parties:
            self.market(party)
        with step(Step.ACTIVATION, TracedSession(outcome.market_type, outcome.start_time)):
            fresh = await self._activate(outcome, parties)
        return Submission(id=outcome.market_outcome, status=SubmissionStatus.of_taken(is_new=fresh))

    async def _activate(self, outcome: ValidatedOutcome, parties: Sequence[str]) -> bool:
        """Keep an outcome with the setpoints that follow from it; return whether it is new."""
        fresh = False
        for party in parties:
            # a long one takes seconds
            setpoints = await asyncio.to_thread(setpoints_of, outcome, party, self._zone)
            calls = [_setpoint_call(outcome.market_outcome, setpoints)] if setpoints else []
            fresh |= await self._trades.save_outcome(party, outcome, calls)
        return fresh

    async def take_settlement(self, settlement: Settlement) -> Submission:
        """Take a settlement; a later one of the same outcome replaces it in what was earned.

        Raises:
            UnknownTenant: It settles offers of a party that is not served here.
        """
        lines = [power for part in settlement.flexibility for power in part.power]
        parties = sorted({power.offer_player_id for power in lines})
        for party in parties:
            self.market(party)
        fresh = [await self._trades.save_settlement(party, settlement) for party in parties]
        status = SubmissionStatus.of_taken(is_new=any(fresh))
        return Submission(id=settlement.settlement_id, status=status)

    async def remuneration(self, seen: Seen, part: Part) -> Listed[EarnedLine]:
        """Return settled trades of the PoDs that a reader sees, by party, PoD and start."""
        settlements = await self._trades.settlements(seen.party)
        own = None
        if seen.customer is not None:
            own = await self._portfolio.of_customer(seen.customer)
        earned: list[tuple[Key, EarnedLine]] = [
            ((owner, each.pod_id, *at), (owner, each, earning))
            for owner in sorted({owner for owner, _ in settlements})
            for each in remunerate(
                (one for by, one in settlements if by == owner), owner, self._zone
            )
            if own is None or (owner, each.pod_id) in own
            for at, earning in _placed(each)
        ]
        found = part_of(earned, lambda each: each[0], part, _EARNED)
        return found.of(lambda each: each[1])

    async def open_lines(self, party: str, part: Part) -> Listed[OpenLine]:
        """Return a party's lines that are not paid, or disputed, by start of delivery.

        Raises:
            UnknownTenant: The party is not served here.
            PartnerUnavailable: The market, which knows the disputes, does not answer.
        """
        disputes = await self.market(party).disputes()
        outcomes = await self._trades.outcomes(party, EARLIEST)
        settlements = [each for _, each in await self._trades.settlements(party)]
        lines = open_lines(outcomes, settlements, disputes, party, self._zone)
        return part_of(lines, _place_of, part, _OPEN)

    def market(self, party: str) -> Market:
        """Return the market as a party sees it.

        Raises:
            UnknownTenant: The party is not served here.
        """
        if party not in self._markets:
            raise UnknownTenant(f"{party} is not served here.", partyId=party)
        return self._markets[party]


def _placed(earned: Remuneration) -> list[tuple[tuple[int, str, int], Earning]]:
    """Return the settled trades of a PoD by start (µs), settlement, and the place there."""
    numbers: Counter[tuple[int, str]] = Counter()
    found: list[tuple[tuple[int, str, int], Earning]] = []
    for each in earned.earnings:
        at = round(each.start_time.timestamp() * 1e6), each.settlement_id
        found.append(((*at, numbers[at]), each))
        numbers[at] += 1
    return found


def _place_of(line: OpenLine) -> Key:
    start_us = round(line.start_time.timestamp() * 1e6)
    return start_us, line.pod_id, line.request_player_id, line.market_outcome


def _setpoint_call(outcome_id: str, setpoints: list[Setpoint]) -> PartnerCall:
    """Return the call with an outcome's setpoints; those of no other outcome wait for it."""
    pods = tuple(each.pod_id for each in setpoints)
    batch = SetpointBatch(setpoints=setpoints)
    lane = f"dso/{outcome_id}"
    return PartnerCall(lane, "setpoints", "POST", "/api/dso/setpoints", batch, pods)
