"""Offers that stand, withdrawn where a customer says that it keeps its flexibility."""

from collections.abc import Iterable, Sequence

from msgspec import structs

from platone.aggregator.domain.offer import next_version
from platone.aggregator.domain.portfolio_offer import portfolio_offer_id, trades_by_pod
from platone.aggregator.domain.preference import is_available
from platone.aggregator.domain.wish import spans_of, unwished_indices, without_unwished
from platone.aggregator.records.plan import PlanRecords
from platone.aggregator.records.trade import TradeRecords
from platone.aggregator.service.ports import Market
from platone.aggregator.service.trade import TradeService
from platone.kernel.market_time import MarketDay
from platone.messages.asset import AvailableSpan, DayPreference
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    MarketSession,
    RecordedService,
    SessionReference,
)
from platone.messages.plan import PlannedPod

_UNDECIDED = {"active", "closed", "outcome"}
"""States of a session in which what is offered in it is still offered."""


class WithdrawUnwished:
    """Takes back what is offered of a point of delivery against its customer's word.

    Args:
        trades: What was offered and sold.
        plans: The plans that were sent.
        trade: Knows the market of each party.
        zone: IANA name of the market's zone.
    """

    def __init__(
        self, trades: TradeRecords, plans: PlanRecords, trade: TradeService, zone: str
    ) -> None:
        self._trades = trades
        self._plans = plans
        self._trade = trade
        self._zone = zone

    async def __call__(
        self, parties: Iterable[str], said: DayPreference
    ) -> tuple[AvailableSpan, ...]:
        """Amend or withdraw offers, and return for which quarter-hours it is too late.

        Those are sold, or offered in a session whose gate has closed.

        Raises:
            PartnerUnavailable: The market does not answer; the same call may go on later.
        """
        if said.available and not said.hours:
            return ()
        day = MarketDay(said.day, self._zone)
        late: set[int] = set()
        for party in sorted(parties):
            market = self._trade.market(party)
            for session in await market.sessions(day.start):
                is_of_day = MarketDay.holding(session.start_time, self._zone) == day
                if is_of_day and session.status in _UNDECIDED:
                    late |= await self._in_session(party, market, session, said)
            outcomes = await self._trades.outcomes(party, day.start)
            sold = trades_by_pod(outcomes, party, self._zone).get(said.pod_id, ())
            starts = [each.start for each in sold if day.start <= each.start < day.end]
            late |= {day.index(each) for each in starts if not is_available(said, day.index(each))}
        return spans_of(late)

    async def _in_session(
        self, party: str, market: Market, session: MarketSession, said: DayPreference
    ) -> set[int]:
        """Take back what is offered in a session; return the quarter-hours that stay offered."""
        stay: set[int] = set()
        for service in await market.services(session.id):
            indices = unwished_indices(service, said)
            if indices and not await self._taken_back(party, market, service, said):
                stay |= indices
        return stay

    async def _taken_back(
        self, party: str, market: Market, service: RecordedService, said: DayPreference
    ) -> bool:
        left = without_unwished(service, said)
        if left and await self._amended(party, market, service, left):
            await self._forget_plan(party, service, said)
            return True
        answer = await market.withdraw(service.player_service_id)
        if answer.status is SubmissionStatus.REFUSED:
            return False
        following = next_version(service, service.flexibility)  # what comes next is newer
        await self._trades.save_offer(party, following, _withdrawn(service))
        await self._forget_plan(party, service, None)
        return True

    async def _amended(
        self,
        party: str,
        market: Market,
        service: RecordedService,
        left: Sequence[Flexibility],
    ) -> bool:
        """Send the next version of an offer; return whether the market took it."""
        amended = next_version(service, left)
        answer = await market.offer(amended)
        if answer.status is SubmissionStatus.REFUSED:
            return False
        await self._trades.save_offer(party, amended, answer)
        return True

    async def _forget_plan(
        self, party: str, service: RecordedService, said: DayPreference | None
    ) -> None:
        """Leave out of a sent plan what is offered no more: all of it where nothing is said."""
        if service.market_type is None or service.start_time is None:
            return
        session = SessionReference(market_type=service.market_type, start_time=service.start_time)
        if service.player_service_id != portfolio_offer_id(party, session):
            return
        left = [] if said is None else await self._plans.of(party, session)
        kept = [_without(pod, said) for pod in left if said is not None]
        await self._plans.save(party, session, kept)


def _withdrawn(service: FlexibilityService) -> Submission:
    problem = {"title": "It was withdrawn, as a customer wished"}
    return Submission(
        id=service.player_service_id, status=SubmissionStatus.REFUSED, problem=problem
    )


def _without(pod: PlannedPod, said: DayPreference) -> PlannedPod:
    if pod.pod_id != said.pod_id:
        return pod
    quarters = tuple(each for each in pod.quarters if is_available(said, each.index))
    return structs.replace(pod, quarters=quarters)
