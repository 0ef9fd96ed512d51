"""Routes that other platforms call: PoDs, requests and offers, the grid's answer."""

from typing import Annotated

from fastapi import APIRouter, Response

from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.market.api.role import Administrator, GridOperator, Player
from platone.market.service.publish_outcome import AcceptTechnicalOutcome
from platone.market.service.register_pods import RegisterPods
from platone.market.service.run_market import RunMarket
from platone.market.service.submit_service import SubmitService
from platone.market.service.take_grid_limits import TakeGridLimits
from platone.messages.base import Role, Submission, Submissions
from platone.messages.clearing import GridLimits
from platone.messages.market import FlexibilityService
from platone.messages.outcome import TechnicalOutcome
from platone.messages.registry import PodRegistry


def flow_routes(
    router: APIRouter,
    register: RegisterPods,
    submit: SubmitService,
    accept: AcceptTechnicalOutcome,
    run: RunMarket,
) -> None:
    """Add the routes by which other platforms send their messages."""

    @router.post(
        "/api/podRegistry",
        **documented(PodRegistry, Submissions, status=201, also={200: Submissions}),
    )
    async def register_pods(
        _principal: Administrator, registry: Annotated[PodRegistry, body(PodRegistry, BULK_BYTES)]
    ) -> Response:
        """Register PoDs with their PoM, change them, or (actionType delete) end them (flow 0B)."""
        result = await register(registry)
        is_new = any(each.is_new for each in result.results)
        return answer(result, 201 if is_new else 200)

    @router.post(
        "/api/flexibilityService",
        **documented(FlexibilityService, Submission, status=201, also={200: Submission}),
    )
    async def submit_service(
        principal: Player,
        service: Annotated[FlexibilityService, body(FlexibilityService, BULK_BYTES)],
    ) -> Response:
        """Take an aggregator's offer, or a request of the TSO or the DSO (flows 2a, 2b, 2c).

        Everything is checked before anything is stored. 201 the first time; the same again
        answers 200 with `alreadySubmitted`, also after the gate has closed.
        """
        aggregates = principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER)
        result = await submit(service, principal.party_id, aggregates=aggregates)
        return answer(result, 201 if result.is_new else 200)

    @router.post(
        "/api/technicalOutcome",
        **documented(TechnicalOutcome, Submission, status=201, also={200: Submission}),
    )
    async def accept_technical_outcome(
        principal: GridOperator,
        technical: Annotated[TechnicalOutcome, body(TechnicalOutcome, BULK_BYTES)],
    ) -> Response:
        """Take the DSO's answer to a market outcome: what the grid can take of it (flow 4)."""
        result = await accept(technical, principal.party_id)
        run.look_again()
        return answer(result, 201 if result.is_new else 200)


def grid_routes(router: APIRouter, take: TakeGridLimits) -> None:
    """Add the route by which the DSO tells limits of the grid."""

    @router.post(
        "/api/gridLimits",
        **documented(GridLimits, Submission, status=201, also={200: Submission}),
    )
    async def take_grid_limits(
        principal: GridOperator,
        told: Annotated[GridLimits, body(GridLimits, BULK_BYTES)],
    ) -> Response:
        """Take the limits that a session's clearing at least cost is to keep, from the DSO.

        They take the place of all that it told before; the last ones before the gate closes count.
        201 where they are new; the same again answers 200 with `alreadySubmitted`.
        """
        result = await take(told, principal.party_id)
        return answer(result, 201 if result.is_new else 200)
