"""The route by which the metering side tells of readings that are corrected or late."""

from typing import Annotated

from fastapi import APIRouter, Response

from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.market.api.role import Administrator
from platone.market.service.correct_delivery import NoteCorrections
from platone.market.service.run_market import RunMarket
from platone.messages.base import Submissions
from platone.messages.settlement import MeasurementCorrections


def correction_routes(router: APIRouter, note: NoteCorrections, run: RunMarket) -> None:
    """Add the route of corrections."""

    @router.post("/api/measurementCorrections", **documented(MeasurementCorrections, Submissions))
    async def take_corrections(
        _principal: Administrator,
        told: Annotated[MeasurementCorrections, body(MeasurementCorrections, BULK_BYTES)],
    ) -> Response:
        """Take word of intervals that were read anew: what was paid by them is corrected.

        Each has its own result: `accepted` where a paid line rests on it, else `alreadySubmitted`.
        """
        results = await note(told)
        run.look_again()
        return answer(Submissions(results=results))
