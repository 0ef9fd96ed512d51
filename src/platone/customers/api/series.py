"""The routes of series of points of delivery: baselines, measurements, setpoints, outcomes.

Readers name points of delivery by `podId` (repeated), and a half-open span by `from` and `to`.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.customers.api.query import AllVersions, MostSteps, Readership
from platone.customers.domain.scope import Selection
from platone.customers.service.baseline import ReadBaselines, TakeBaselines
from platone.customers.service.curve import ReadCurves
from platone.customers.service.measurement import ReadMeasurements, TakeMeasurements
from platone.customers.service.moved_gate import TakeMovedGate
from platone.customers.service.outcome import ReadOutcomes, TakeOutcome
from platone.customers.service.setpoint import ReadSetpoints, TakeSetpoints
from platone.infra.http.security import Principal, only_operator, require
from platone.infra.http.turns import take_in_parts
from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.messages.base import BaselineSubmissions, Role, Submission, Submissions
from platone.messages.curve import PowerCurves
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import MeasurementBatch, SeriesBatch, SetpointBatch
from platone.messages.session_event import MovedGate

_Provider = Annotated[Principal, Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER))]
_Administrator = Annotated[Principal, Depends(require(Role.METERED_DATA_ADMINISTRATOR))]
_MarketOperator = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))]

_GRID = (Role.SYSTEM_OPERATOR, Role.AUDITOR)
_BASELINES = frozenset({*_GRID, Role.MARKET_OPERATOR})
"""The roles that see all baselines: grid calculations, and clearing."""
_MEASUREMENTS = frozenset({*_GRID, Role.MARKET_OPERATOR, Role.METERED_DATA_ADMINISTRATOR})
"""The roles that see all measurements: grid calculations, settlement, and who administers them."""
_SETPOINTS = frozenset(_GRID)
"""The roles that see all setpoints: only who sends them."""
_OUTCOMES = frozenset({*_GRID, Role.MARKET_OPERATOR})
"""The roles that see all outcomes with their prices: who makes and who validates them."""


@dataclass(frozen=True, slots=True)
class SeriesService:
    """The use cases that the routes call."""

    take_baselines: TakeBaselines
    read_baselines: ReadBaselines
    take_measurements: TakeMeasurements
    read_measurements: ReadMeasurements
    read_curves: ReadCurves
    take_setpoints: TakeSetpoints
    read_setpoints: ReadSetpoints
    take_outcome: TakeOutcome
    read_outcomes: ReadOutcomes
    take_moved_gate: TakeMovedGate


def series_router(service: SeriesService, dso: str) -> APIRouter:
    """Make the routes of series."""
    router = APIRouter(prefix="/api/scd", tags=["customers"])
    _baseline_routes(router, service, Readership(_BASELINES, dso))
    _measurement_routes(router, service, Readership(_MEASUREMENTS, dso))
    _setpoint_routes(router, service, Readership(_SETPOINTS, dso))
    _outcome_routes(router, service, Readership(_OUTCOMES, dso))
    return router


def _baseline_routes(router: APIRouter, service: SeriesService, readers: Readership) -> None:
    selection = Annotated[Selection, Depends(readers.selection_as_of())]

    @router.put("/baselines", **documented(SeriesBatch, BaselineSubmissions))
    @router.post("/baselines", **documented(SeriesBatch, BaselineSubmissions))
    async def take_baselines(
        principal: _Provider,
        batch: Annotated[SeriesBatch, body(SeriesBatch, BULK_BYTES, is_itemwise=True)],
    ) -> Response:
        """Give baselines of the caller's points of delivery; each series has its own result.

        A series starts on a whole quarter-hour. A whole market day has 92, 96 or 100 values.
        What was received last before a session's gate closed counts for it; what comes later is
        kept, and `doesNotCountFor` names the sessions that it came too late for.
        """
        take, party = service.take_baselines, principal.party_id
        results = await take_in_parts(take, batch.series, party)
        return answer(BaselineSubmissions(results=results))

    @router.post(
        "/movedGates", **documented(MovedGate, Submission, status=201, also={200: Submission})
    )
    async def take_moved_gate(
        _principal: _MarketOperator, moved: Annotated[MovedGate, body(MovedGate)]
    ) -> Response:
        """Take the gate of a session from the market, where it is not the calendar's.

        A baseline that comes after it is told so (`doesNotCountFor`). Of several of one session
        the one that was decided last counts.
        """
        result = await service.take_moved_gate(moved)
        return answer(result, 201 if result.is_new else 200)

    @router.get("/baselines", **documented(gives=SeriesBatch))
    async def get_baselines(wanted: selection) -> Response:
        """List baselines; consecutive quarter-hours of a point of delivery form one series."""
        return answer(SeriesBatch(series=await service.read_baselines(wanted)))


def _measurement_routes(router: APIRouter, service: SeriesService, readers: Readership) -> None:
    selection = Annotated[Selection, Depends(readers.selection())]

    @router.post("/measurements", **documented(MeasurementBatch, Submissions))
    async def take_measurements(
        _principal: _Administrator,
        batch: Annotated[MeasurementBatch, body(MeasurementBatch, BULK_BYTES, is_itemwise=True)],
    ) -> Response:
        """Store certified measurements (flow 7); each has its own result, `podId/startTime`.

        The same measurement again changes nothing. One that corrects (a higher `revision`, or
        measured where the earlier one was an estimate) is the next version of its interval; any
        other of the same time or a part of it is refused. An interval lasts 1, 3, 5, 15, 30 or 60
        minutes, begins at a multiple of its length, and is over.
        """
        results = await take_in_parts(service.take_measurements, batch.measurements)
        return answer(Submissions(results=results))

    @router.get("/measurements", **documented(gives=MeasurementBatch))
    async def get_measurements(wanted: selection, superseded: AllVersions) -> Response:
        """List measurements by point of delivery and start (flows 1, 1A, 8).

        Of each interval the version that counts, or with `?versions=all` all of them.
        """
        found = await service.read_measurements(wanted, superseded=superseded)
        return answer(MeasurementBatch(measurements=found))

    @router.get("/powerCurves", **documented(gives=PowerCurves))
    async def get_power_curves(wanted: selection, most_steps: MostSteps) -> Response:
        """List measured power in equal steps, thinned, with the least and the most of each.

        A step is as short as `steps` allows and the readings are long: a quarter-hour to a day, or
        whole days. It begins at a multiple of its length, UTC.
        """
        return answer(PowerCurves(curves=await service.read_curves(wanted, most_steps)))


def _setpoint_routes(router: APIRouter, service: SeriesService, readers: Readership) -> None:
    selection = Annotated[Selection, Depends(readers.selection())]

    sender = Annotated[
        Principal, Depends(only_operator(readers.dso, require(Role.SYSTEM_OPERATOR)))
    ]

    @router.post("/setpoints", **documented(SetpointBatch, Submissions))
    async def take_setpoints(
        _principal: sender,
        batch: Annotated[SetpointBatch, body(SetpointBatch, BULK_BYTES, is_itemwise=True)],
    ) -> Response:
        """Record setpoints as they are sent (flow 6); the DSO only. Each has its own result."""
        results = await take_in_parts(service.take_setpoints, batch.setpoints)
        return answer(Submissions(results=results))

    @router.get("/setpoints", **documented(gives=SetpointBatch))
    async def get_setpoints(wanted: selection) -> Response:
        """List setpoints by point of delivery and start."""
        return answer(SetpointBatch(setpoints=await service.read_setpoints(wanted)))


def _outcome_routes(router: APIRouter, service: SeriesService, readers: Readership) -> None:
    selection = Annotated[Selection, Depends(readers.selection())]

    @router.post(
        "/outcomes", **documented(ValidatedOutcome, Submission, status=201, also={200: Submission})
    )
    async def take_outcome(
        _principal: _MarketOperator,
        outcome: Annotated[ValidatedOutcome, body(ValidatedOutcome, BULK_BYTES)],
    ) -> Response:
        """Record a validated outcome (flow 5)."""
        result = await service.take_outcome(outcome)
        return answer(result, 201 if result.is_new else 200)

    @router.get("/outcomes", **documented(gives=list[ValidatedOutcome]))
    async def get_outcomes(wanted: selection) -> Response:
        """List validated outcomes that deliver from within the span, by start.

        Each holds the points of delivery that the caller may see and asks for; `outputHash` is
        that of the whole outcome.
        """
        return answer(await service.read_outcomes(wanted))
