"""The routes of state estimation: one triggers it, others read its results."""

import asyncio
import zlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.dso.api.caller import dso_or_auditor, only_dso
from platone.dso.api.estimation_schema import EstimationQuestion, Telemetry, TelemetryTaken
from platone.dso.service.estimation import (
    EstimateState,
    ReadComponents,
    ReadEstimation,
    TakeTelemetry,
)
from platone.infra.calculation.job import JobResult
from platone.infra.http.job import LATER, CalculationDoor, Call, calling
from platone.infra.http.security import Principal
from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.messages.estimation import ComponentMessages, EstimationRun

_CREATED = 201
"""HTTP status of what was made and stored."""


@dataclass(frozen=True, slots=True)
class EstimationService:
    """The use cases that the routes call."""

    estimate: EstimateState
    read: ReadEstimation
    components: ReadComponents
    take: TakeTelemetry


def estimation_router(service: EstimationService, door: CalculationDoor, dso: str) -> APIRouter:
    """Make the routes of state estimation."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]
    reader_call = Annotated[Call, Depends(calling(dso_or_auditor(dso)))]
    writer = Annotated[Principal, Depends(only_dso(dso))]
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.post(
        "/stateEstimation", **documented(EstimationQuestion, EstimationRun, status=201, also=LATER)
    )
    async def post_estimation(
        call: writer_call,
        question: Annotated[EstimationQuestion, body(EstimationQuestion, BULK_BYTES)],
    ) -> Response:
        """Estimate the network's state from all measurements of an instant, in one set.

        Voltages, powers and currents of SCADA, meters and PMUs count by their certainty. What
        they do not determine is filled with what is expected, and said. Bad data are found,
        named and removed. The result is stored, and published on the databus.
        """

        async def estimated() -> JobResult:
            return JobResult(await service.estimate(question.to_order()), _CREATED)

        return await door.answer(call, estimated)

    @router.get("/stateEstimation", **documented(gives=EstimationRun))
    async def get_latest(_principal: reader) -> Response:
        """Show the state estimation made last."""
        return await _unpacked(await service.read())

    @router.get("/stateEstimation/{run_id}", **documented(gives=EstimationRun))
    async def get_estimation(_principal: reader, run_id: str) -> Response:
        """Show a stored state estimation."""
        return await _unpacked(await service.read(run_id))

    @router.get(
        "/stateEstimation/{run_id}/components", **documented(gives=ComponentMessages, also=LATER)
    )
    async def get_components(call: reader_call, run_id: str) -> Response:
        """Show an estimation as the messages that were published, a bus or branch each."""
        packed = await service.read(run_id)

        async def components() -> JobResult:
            return JobResult(await service.components(packed))

        return await door.answer(call, components)

    @router.post("/measurements", **documented(Telemetry, TelemetryTaken, status=201))
    async def post_measurements(
        _principal: writer, telemetry: Annotated[Telemetry, body(Telemetry, BULK_BYTES)]
    ) -> Response:
        """Take measurements of the operational system, for state estimations to come.

        They are kept for a day. Whether they fit the network is told when they are used.
        """
        return answer(TelemetryTaken(stored=await service.take(telemetry.measurements)), 201)

    return router


async def _unpacked(packed: bytes) -> Response:
    content = await asyncio.to_thread(zlib.decompress, packed)  # others run meanwhile
    return Response(content, media_type="application/json")
