"""REST routes of the aggregator platform: its own parties, and the market's messages to them."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.aggregator.domain.remuneration import Remuneration
from platone.aggregator.service.portfolio import PortfolioService
from platone.aggregator.service.trade import TradeService
from platone.infra.http.security import Principal, require
from platone.infra.http.turns import take_in_parts
from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.messages.base import Role, Submission, Submissions
from platone.messages.market import SessionReference
from platone.messages.outcome import ValidatedOutcome
from platone.messages.portfolio import (
    EarningLine,
    PodRemuneration,
    PortfolioEntry,
    PortfolioPage,
    RemunerationPage,
    StepProgress,
)
from platone.messages.registry import Portfolio, SeriesBatch
from platone.messages.settlement import Settlement

_Provider = Annotated[Principal, Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER))]
_Market = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))]
_Reader = Annotated[
    Principal,
    Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER, Role.AUDITOR)),
]


def _status(result: Submission) -> int:
    return 201 if result.is_new else 200


def _scope(principal: Principal) -> str | None:
    """Return the party whose records a reader sees: an aggregator its own; None: all of them."""
    aggregates = principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER)
    return principal.party_id if aggregates else None


def routes(portfolio: PortfolioService, trade: TradeService) -> APIRouter:
    """Make the aggregator's routes over its services."""
    router = APIRouter(prefix="/api/aggregator", tags=["aggregator"])
    _portfolio_routes(router, portfolio)
    _trade_routes(router, trade)
    _reading_routes(router, portfolio, trade)
    return router


def _portfolio_routes(router: APIRouter, portfolio: PortfolioService) -> None:
    @router.post("/pods", **documented(Portfolio, Submissions))
    async def post_pods(
        principal: _Provider,
        message: Annotated[Portfolio, body(Portfolio, BULK_BYTES, is_itemwise=True)],
    ) -> Response:
        """Add PoDs to the caller's portfolio, or change them; each has its own answer.

        They are then registered with the customer database, and their wallets and settlement
        agreements with the ledger; GET shows how far each has come.
        """
        take = partial(portfolio.register, principal.party_id)
        return answer(Submissions(results=await take_in_parts(take, message.pods)))

    @router.post("/baselines", **documented(SeriesBatch, Submissions))
    async def post_baselines(
        principal: _Provider,
        batch: Annotated[SeriesBatch, body(SeriesBatch, BULK_BYTES, is_itemwise=True)],
    ) -> Response:
        """Take baselines of a market day, and share them with the customer database."""
        take = partial(portfolio.accept_baselines, principal.party_id)
        results = await take_in_parts(take, batch.series)
        return answer(Submissions(results=results))


def _trade_routes(router: APIRouter, trade: TradeService) -> None:
    @router.post("/offers", **documented(SessionReference, Submissions))
    async def post_offers(
        principal: _Provider, session: Annotated[SessionReference, body(SessionReference)]
    ) -> Response:
        """Offer the portfolio's flexibility in a session; one answer a PoD."""
        return answer(Submissions(results=await trade.offer(principal.party_id, session)))

    @router.post(
        "/validatedOutcome",
        **documented(ValidatedOutcome, Submission, status=201, also={200: Submission}),
    )
    async def post_validated_outcome(
        _market: _Market, outcome: Annotated[ValidatedOutcome, body(ValidatedOutcome, BULK_BYTES)]
    ) -> Response:
        """Take an aggregator's part of a validated outcome (flow 5), and activate it."""
        result = await trade.activate(outcome)
        return answer(result, _status(result))

    @router.post(
        "/settlement", **documented(Settlement, Submission, status=201, also={200: Submission})
    )
    async def post_settlement(
        _market: _Market, settlement: Annotated[Settlement, body(Settlement, BULK_BYTES)]
    ) -> Response:
        """Take an aggregator's part of a settlement."""
        result = await trade.take_settlement(settlement)
        return answer(result, _status(result))


def _reading_routes(router: APIRouter, portfolio: PortfolioService, trade: TradeService) -> None:
    @router.get("/pods", **documented(gives=PortfolioPage))
    async def get_pods(principal: _Reader) -> Response:
        """List the PoDs that the caller may see, and how far each has come."""
        items, progress = await portfolio.read(_scope(principal))
        own = _own_pods(principal)
        entries = [
            PortfolioEntry(
                entry=item,
                progress=[
                    StepProgress(step=each.step, state=each.state, problem=each.problem)
                    for each in progress.get(item.pod.pod_id, ())
                ],
            )
            for item in items
            if own is None or item.pod.customer_id == own
        ]
        return answer(PortfolioPage(pods=entries))

    @router.get("/remuneration", **documented(gives=RemunerationPage))
    async def get_remuneration(principal: _Reader) -> Response:
        """List what each PoD earned, for the PoDs that the caller may see."""
        own = _own_pods(principal)
        items, _ = await portfolio.read(_scope(principal))
        visible = {item.pod.pod_id for item in items if own in {None, item.pod.customer_id}}
        found = await trade.remuneration(_scope(principal))
        pods = [_shown(party, each) for party, each in found if each.pod_id in visible]
        return answer(RemunerationPage(pods=pods))


def _own_pods(principal: Principal) -> str | None:
    """Return the customer whose PoDs alone are shown; None where no such limit stands."""
    limited = not principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR)
    return principal.party_id if limited else None


def _shown(party: str, remuneration: Remuneration) -> PodRemuneration:
    lines = [
        EarningLine(
            settlement_id=each.settlement_id,
            index=each.power.index,
            status=each.power.status,
            baseline_p=each.power.baseline_p,
            change_p=each.power.change_p,
            reference_p=each.power.reference_p,
            measured_p=each.power.measured_p,
            change_q=each.power.change_q,
            measured_q=each.power.measured_q,
            paid_eur=format(each.paid_eur, "f"),
            penalty_eur=format(each.penalty_eur, "f"),
            customer_tokens=each.power.customer_tokens or "0",
            request_player_id=each.power.request_player_id,
        )
        for each in remuneration.earnings
    ]
    return PodRemuneration(
        pod_id=remuneration.pod_id,
        aggregator_id=party,
        net_eur=format(remuneration.net_eur, "f"),
        customer_tokens=format(remuneration.customer_tokens, "f"),
        lines=lines,
    )
