"""The routes of setpoints from aggregators, and of the nodes' answers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.dso.api.schema import SetpointPage, SetpointStatus
from platone.dso.domain.setpoint import TrackedSetpoint
from platone.dso.records.setpoint import SetpointRecords
from platone.dso.service.setpoint import TakeSetpoints
from platone.infra.http.listing import asked_part
from platone.infra.http.problem import problem_of
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import BULK_BYTES, answer, body, documented
from platone.infra.listing import Part
from platone.kernel.errors import NotOwner
from platone.messages.base import Role, Submission, Submissions
from platone.messages.registry import SetpointBatch

_PAGE = 1000
"""Most setpoints in one answer: some 300 kB."""
_provider = require(Role.FLEXIBILITY_SERVICE_PROVIDER)
_reader = require(Role.SYSTEM_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR)


def setpoint_router(take: TakeSetpoints, setpoints: SetpointRecords, dso: str) -> APIRouter:
    """Make the routes of setpoints."""
    router = APIRouter(prefix="/api/dso/setpoints", tags=["dso"])

    @router.post("", **documented(SetpointBatch, Submissions))
    async def post_setpoints(
        principal: Annotated[Principal, Depends(_provider)],
        batch: Annotated[SetpointBatch, body(SetpointBatch, BULK_BYTES, is_itemwise=True)],
    ) -> Response:
        """Pass setpoints to the nodes of the caller's PoDs (flow 6); each has its own result.

        A setpoint must be the total of a technical outcome. It is sent until the node
        acknowledges it or its interval has gone by, and recorded at customers.
        """
        results = [
            Submission(
                id=result.id,
                status=result.status,
                problem=problem_of(problem) if problem else None,
            )
            for result, problem in await take(batch.setpoints, principal.party_id)
        ]
        return answer(Submissions(results=results))

    @router.get("", **documented(gives=SetpointPage))
    async def get_setpoints(
        principal: Annotated[Principal, Depends(_reader)],
        part: Annotated[Part, asked_part(_PAGE)],
    ) -> Response:
        """List setpoints and the nodes' answers, by identifier; an aggregator sees its own."""
        if principal.has(Role.AUDITOR) or principal.party_id == dso:
            found = await setpoints.listed(part)
        elif principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER):
            found = await setpoints.listed(part, principal.party_id)
        else:
            raise NotOwner(f"This is {dso}'s platform, not {principal.party_id}'s.")
        return answer(SetpointPage(setpoints=found.of(_view).items, next=found.next))

    return router


def _view(record: TrackedSetpoint) -> SetpointStatus:
    setpoint = record.setpoint
    return SetpointStatus(
        setpoint_id=setpoint.setpoint_id,
        pod_id=setpoint.pod_id,
        start_time=setpoint.start_time,
        duration_minutes=setpoint.duration_minutes,
        power_kw=setpoint.power_kw,
        power_kvar=setpoint.power_kvar,
        market_outcome=setpoint.market_outcome,
        aggregator_id=record.aggregator_id,
        status=record.state.value,
        device=record.device,
        detail=record.detail,
        acknowledged_at=record.acknowledged_at,
    )
