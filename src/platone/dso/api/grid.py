"""The routes of power flow, alarms, the flexibility request, and technical validation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from platone.dso.api.calculated_day import calculated_day_routes
from platone.dso.api.caller import dso_or_auditor, only_dso
from platone.dso.service.final_outcome import KeepFinalOutcomes
from platone.dso.service.grid_limits import TellGridLimits
from platone.dso.service.outage import StudyOutages
from platone.dso.service.power_flow import ReadAlarms, RunPowerFlow
from platone.dso.service.request import RequestFlexibility
from platone.dso.service.validation import ValidateOutcome
from platone.infra.calculation.job import JobResult
from platone.infra.calculation.result import ResultFile
from platone.infra.http.job import LATER, CalculationDoor, Call, Page, calling
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import BULK_BYTES, answer, body, documented, shown_as
from platone.infra.listing import Part
from platone.kernel.errors import MalformedMessage
from platone.messages.base import Instant, Role, Submission
from platone.messages.calculated_day import Stage
from platone.messages.grid import Alarms, GridRun
from platone.messages.grid_request import (
    GridLimitsAnswer,
    LimitsQuestion,
    RequestAnswer,
    RequestQuestion,
)
from platone.messages.market import SessionReference
from platone.messages.outage import OutageQuestion, OutageRun
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome
from platone.messages.power_flow import PowerFlowQuestion

_PAGE = 5000
"""Most alarms in one answer: some 2 MB."""
_INSTANT = shown_as(Instant)
_market_operator = require(Role.MARKET_OPERATOR)


@dataclass(frozen=True, slots=True)
class GridService:
    """The use cases that the routes call."""

    run_power_flow: RunPowerFlow
    study_outages: StudyOutages
    read_alarms: ReadAlarms
    request: RequestFlexibility
    tell_limits: TellGridLimits
    validate: ValidateOutcome
    finals: KeepFinalOutcomes


def grid_router(service: GridService, door: CalculationDoor, dso: str) -> APIRouter:
    """Make the routes of grid calculations."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    _calculation_routes(router, service, door, dso)
    calculated_day_routes(router, service.read_alarms, dso)
    _outage_routes(router, service, door, dso)
    _market_routes(router, service, door, dso)
    _final_routes(router, service.finals, dso)
    return router


def _calculation_routes(
    router: APIRouter, service: GridService, door: CalculationDoor, dso: str
) -> None:
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.post("/powerFlow", **documented(PowerFlowQuestion, GridRun, also=LATER))
    async def post_power_flow(
        call: writer_call,
        question: Annotated[PowerFlowQuestion, body(PowerFlowQuestion, BULK_BYTES)],
        page: Annotated[Page, Depends()],
    ) -> Response:
        """Calculate all quarter-hours of the market day that `startTime` falls in.

        Points of delivery follow their baselines and what was traded before; those without a
        baseline, and loads, follow their typical days where they have any, and `remarks` says so;
        other load follows the network file. What is missing then is named, not guessed. At points
        of delivery at which nobody is registered (any more) nothing is taken, and `remarks` names
        them. With `suppose` it answers what would be, such as after a market outcome, and stores
        nothing.
        With `voltageBand` all buses are held to that band, and nothing is stored either.
        With `unbalanced` each phase has its own voltages, currents and alarms; the network must
        hold the zero-sequence data of its lines and the vector groups of its transformers.
        """

        async def calculated() -> JobResult:
            return JobResult(await _power_flow(service.run_power_flow, question))

        return await door.answer(call, calculated, page)

    @router.get("/alarms", **documented(gives=Alarms))
    async def get_alarms(
        _principal: reader,
        part: Annotated[Part, asked_part(_PAGE)],
        start: Annotated[
            str | None,
            Query(
                alias="startTime",
                description="Any instant of the market day",
                json_schema_extra=_INSTANT,
            ),
        ] = None,
        stage: Annotated[Stage, Query()] = Stage.FORECAST,
        unbalanced: Annotated[  # noqa: FBT002 - a query parameter
            bool, Query(description="Those of the unbalanced power flow, kept apart")
        ] = False,
    ) -> Response:
        """List alarms by severity, of the calculation of a stage made last.

        Stages: `forecast` (baselines), `afterMarket` (with all trades of a market outcome),
        `validated` (with what of them the grid can take).
        """
        found = await service.read_alarms(_instant(start), stage, part, unbalanced=unbalanced)
        return answer({"alarms": found.items, "next": found.next})


def _outage_routes(
    router: APIRouter, service: GridService, door: CalculationDoor, dso: str
) -> None:
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.post("/outages", **documented(OutageQuestion, OutageRun, also=LATER))
    async def post_outages(
        call: writer_call,
        question: Annotated[OutageQuestion, body(OutageQuestion)],
        page: Annotated[Page, Depends()],
    ) -> Response:
        """Switch off each branch in turn over the market day that `startTime` falls in.

        The worst outage comes first. Each tells the limits that it breaks, the parts without
        supply with what they lose, and the switchings that supply them again, the best one first.
        Nothing is stored.
        """
        band = question.voltage_band

        async def studied() -> JobResult:
            result = await service.study_outages(
                question.start_time,
                question.network_id,
                question.version,
                question.branches,
                resupply=question.resupply,
                voltage_band=None if band is None else (band.least_pu, band.most_pu),
            )
            return JobResult(result)

        return await door.answer(call, studied, page)


def _market_routes(
    router: APIRouter, service: GridService, door: CalculationDoor, dso: str
) -> None:
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.post("/flexibilityRequest", **documented(RequestQuestion, RequestAnswer, also=LATER))
    async def post_request(
        call: writer_call,
        question: Annotated[RequestQuestion, body(RequestQuestion)],
    ) -> Response:
        """Size the flexibility that cures a session's congestions, and ask the market for it."""

        async def sized() -> JobResult:
            return JobResult(await _requested(service.request, question))

        return await door.answer(call, sized)

    @router.post("/gridLimits", **documented(LimitsQuestion, GridLimitsAnswer, also=LATER))
    async def post_grid_limits(
        call: writer_call,
        question: Annotated[LimitsQuestion, body(LimitsQuestion)],
    ) -> Response:
        """Tell the market the limits of the grid that a session's clearing is to keep.

        Told are the elements that flexible points of delivery could overload or have to relieve,
        with the effect of each; where the market clears at least cost, that is what it needs in
        place of a request. A kW of the most effective one is worth the price limit.
        """

        async def found() -> JobResult:
            return JobResult(await _told_limits(service.tell_limits, question))

        return await door.answer(call, found)

    @router.post(
        "/marketOutcome",
        **documented(MarketOutcome, Submission, status=201, also={200: Submission}),
    )
    async def post_outcome(
        _principal: Annotated[Principal, Depends(_market_operator)],
        outcome: Annotated[MarketOutcome, body(MarketOutcome, BULK_BYTES)],
    ) -> Response:
        """Take a market outcome (flow 3); the technical outcome goes to the market (flow 4)."""
        result = await service.validate(outcome)
        return answer(result, 201 if result.is_new else 200)

    @router.get("/technicalOutcome/{market_outcome}", **documented(gives=TechnicalOutcome))
    async def get_technical(_principal: reader, market_outcome: str) -> Response:
        """Show the DSO's answer to a market outcome."""
        return answer(await service.validate.technical(market_outcome))


def _final_routes(router: APIRouter, finals: KeepFinalOutcomes, dso: str) -> None:
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]

    @router.post(
        "/validatedOutcome",
        **documented(ValidatedOutcome, Submission, status=201, also={200: Submission}),
    )
    async def post_final(
        _principal: Annotated[Principal, Depends(_market_operator)],
        final: Annotated[ValidatedOutcome, body(ValidatedOutcome, BULK_BYTES)],
    ) -> Response:
        """Take the final form of a market outcome (flow 5), whoever decided it.

        Setpoints are taken for what it activates only, and forecasts of the day count that.
        """
        result = await finals.take(final)
        return answer(result, 201 if result.is_new else 200)

    @router.get("/validatedOutcome/{market_outcome}", **documented(gives=ValidatedOutcome))
    async def get_final(_principal: reader, market_outcome: str) -> Response:
        """Show the final form of a market outcome as the DSO has it, and who decided it."""
        return answer(await finals.show(market_outcome))


async def _power_flow(run: RunPowerFlow, question: PowerFlowQuestion) -> ResultFile:
    band = question.voltage_band
    return await run(
        question.start_time,
        question.network_id,
        question.version,
        {(each.pod_id, each.index): each.power_kw for each in question.suppose},
        unbalanced=question.unbalanced,
        voltage_band=None if band is None else (band.least_pu, band.most_pu),
    )


async def _requested(request: RequestFlexibility, question: RequestQuestion) -> bytes:
    session = SessionReference(market_type=question.market_type, start_time=question.start_time)
    found = await request(session, question.price_limit_eur_per_kwh)
    return msgspec.json.encode(
        {
            "alarms": msgspec.Raw(found.alarms),
            "request": found.request,
            "submission": found.submission,
            "incurable": msgspec.Raw(found.incurable),
            "remarks": found.remarks,
        }
    )


async def _told_limits(tell: TellGridLimits, question: LimitsQuestion) -> bytes:
    session = SessionReference(market_type=question.market_type, start_time=question.start_time)
    price = question.price_limit_eur_per_kwh
    found = await tell(session, price, reactive=question.reactive)
    return msgspec.json.encode(
        {
            "alarms": msgspec.Raw(found.alarms),
            "told": found.told,
            "submission": found.submission,
            "remarks": found.remarks,
        }
    )


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return msgspec.convert(text, Instant)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"startTime: {error}") from error
