"""REST routes of the aggregator platform: its own parties, and the market's messages to them."""

from collections.abc import Iterable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Response

from platone.aggregator.api.caller import Market, Provider, Reader, seen_by
from platone.aggregator.domain.remuneration import Earning, Remuneration
from platone.aggregator.service.portfolio import PortfolioService
from platone.aggregator.service.trade import EarnedLine, TradeService
from platone.infra.http.listing import asked_part
from platone.infra.http.turns import take_in_parts
from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.infra.listing import Part
from platone.messages.base import Submission, Submissions
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

_PAGE = 1000
"""Most PoDs or settled trades in one answer: some 1 MB."""


def _status(result: Submission) -> int:
    return 201 if result.is_new else 200


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
        principal: Provider,
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
        principal: Provider,
        batch: Annotated[SeriesBatch, body(SeriesBatch, BULK_BYTES, is_itemwise=True)],
    ) -> Response:
        """Take baselines of a market day, and share them with the customer database."""
        take = partial(portfolio.accept_baselines, principal.party_id)
        results = await take_in_parts(take, batch.series)
        return answer(Submissions(results=results))


def _trade_routes(router: APIRouter, trade: TradeService) -> None:
    @router.post("/offers", **documented(SessionReference, Submissions))
    async def post_offers(
        principal: Provider, session: Annotated[SessionReference, body(SessionReference)]
    ) -> Response:
        """Offer the portfolio's flexibility in a session; one answer a PoD."""
        return answer(Submissions(results=await trade.offer(principal.party_id, session)))

    @router.post(
        "/validatedOutcome",
        **documented(ValidatedOutcome, Submission, status=201, also={200: Submission}),
    )
    async def post_validated_outcome(
        _market: Market, outcome: Annotated[ValidatedOutcome, body(ValidatedOutcome, BULK_BYTES)]
    ) -> Response:
        """Take an aggregator's part of a validated outcome (flow 5), and activate it."""
        result = await trade.activate(outcome)
        return answer(result, _status(result))

    @router.post(
        "/settlement", **documented(Settlement, Submission, status=201, also={200: Submission})
    )
    async def post_settlement(
        _market: Market, settlement: Annotated[Settlement, body(Settlement, BULK_BYTES)]
    ) -> Response:
        """Take an aggregator's part of a settlement."""
        result = await trade.take_settlement(settlement)
        return answer(result, _status(result))


def _reading_routes(router: APIRouter, portfolio: PortfolioService, trade: TradeService) -> None:
    @router.get("/pods", **documented(gives=PortfolioPage))
    async def get_pods(principal: Reader, part: Annotated[Part, asked_part(_PAGE)]) -> Response:
        """List the PoDs that the caller may see, and how far each has come."""
        found = await portfolio.read(seen_by(principal), part)
        entries = [
            PortfolioEntry(
                entry=item,
                progress=[
                    StepProgress(step=each.step, state=each.state, problem=each.problem)
                    for each in progress
                ],
            )
            for item, progress in found.items
        ]
        return answer(PortfolioPage(pods=entries, next=found.next))

    @router.get("/remuneration", **documented(gives=RemunerationPage))
    async def get_remuneration(
        principal: Reader, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List what each PoD earned, for the PoDs that the caller may see.

        At most `limit` lines: a PoD with more of them stands in several answers, each time with
        its sums over all.
        """
        found = await trade.remuneration(seen_by(principal), part)
        pods = [
            _shown(party, whole, [earning for *_, earning in lines])
            for (party, _), (whole, lines) in _by_pod(found.items).items()
        ]
        return answer(RemunerationPage(pods=pods, next=found.next))


def _by_pod(
    found: Iterable[EarnedLine],
) -> dict[tuple[str, str], tuple[Remuneration, list[EarnedLine]]]:
    """Return earned lines by party and PoD, with all that the PoD earned."""
    by_pod: dict[tuple[str, str], tuple[Remuneration, list[EarnedLine]]] = {}
    for line in found:
        party, whole, _ = line
        by_pod.setdefault((party, whole.pod_id), (whole, []))[1].append(line)
    return by_pod


def _shown(party: str, remuneration: Remuneration, earnings: list[Earning]) -> PodRemuneration:
    lines = [
        EarningLine(
            settlement_id=each.settlement_id,
            start_time=each.start_time,
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
            line_id=each.power.line_id,
            version=each.power.version,
            quantities=each.power.quantities,
            terms=each.power.terms,
        )
        for each in earnings
    ]
    return PodRemuneration(
        pod_id=remuneration.pod_id,
        aggregator_id=party,
        net_eur=format(remuneration.net_eur, "f"),
        customer_tokens=format(remuneration.customer_tokens, "f"),
        lines=lines,
    )
