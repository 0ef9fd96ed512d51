"""Routes of the register of service providing units and groups, and their qualification."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented, shown_as
from platone.infra.listing import Part
from platone.market.api.query import read_parameter
from platone.market.api.role import GridOperator, Participant
from platone.market.service.qualify import Caller, Qualify
from platone.messages.base import Role, Submission
from platone.messages.qualification import (
    GridPrequalification,
    Qualification,
    QualificationApplication,
    QualificationDecision,
    QualificationPage,
    QualificationState,
)

_PAGE = 100
"""Most qualifications in one answer: 5 MB of JSON where all are of two hundred units."""
_Provider = Annotated[Principal, Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER))]
_Decider = Annotated[
    Principal, Depends(require(Role.MARKET_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER))
]


def _caller_of(principal: Principal) -> Caller:
    return Caller(
        principal.party_id,
        operates=principal.has(Role.MARKET_OPERATOR),
        oversees=principal.has(Role.MARKET_OPERATOR, Role.AUDITOR),
        aggregates=principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER),
    )


async def _asked_state(
    state: Annotated[
        str | None,
        Query(
            description="Only qualifications of this state",
            json_schema_extra=shown_as(QualificationState),
        ),
    ] = None,
) -> QualificationState | None:
    """Return the state of the qualifications that the address asks for; none for all."""
    return read_parameter(state, "state", QualificationState | None, None)


def qualification_routes(router: APIRouter, qualify: Qualify) -> None:
    """Add the routes under /api/qualification."""
    _reading(router, qualify)

    @router.post(
        "/api/qualification",
        **documented(QualificationApplication, Submission, status=201, also={200: Submission}),
    )
    async def apply_for_qualification(
        principal: _Provider,
        application: Annotated[QualificationApplication, body(QualificationApplication)],
    ) -> Response:
        """Apply for the product prequalification of a service providing unit or group.

        201 with the qualification's `id`; 200 where the same came before.
        """
        result = await qualify.apply(application, principal.party_id)
        return answer(result, 201 if result.is_new else 200)

    @router.post(
        "/api/qualification/{qualification_id}/decision",
        **documented(QualificationDecision, Qualification),
    )
    async def decide_qualification(
        principal: _Decider,
        qualification_id: str,
        decision: Annotated[QualificationDecision, body(QualificationDecision)],
    ) -> Response:
        """Review, qualify, suspend or end a unit or group (the market operator).

        Its service provider can end it. `qualified` needs a granted grid prequalification.
        """
        changed = await qualify.decide(qualification_id, decision, _caller_of(principal))
        return answer(changed)

    @router.post(
        "/api/qualification/{qualification_id}/gridPrequalification",
        **documented(GridPrequalification, Qualification),
    )
    async def prequalify_for_grid(
        principal: GridOperator,
        qualification_id: str,
        said: Annotated[GridPrequalification, body(GridPrequalification)],
    ) -> Response:
        """Grant or refuse the grid prequalification of a unit or group (the DSO).

        What is qualified and then refused is suspended.
        """
        changed = await qualify.prequalify(qualification_id, said, _caller_of(principal))
        return answer(changed)


def _reading(router: APIRouter, qualify: Qualify) -> None:
    @router.get("/api/qualification", **documented(gives=QualificationPage))
    async def list_qualifications(
        principal: Participant,
        state: Annotated[QualificationState | None, Depends(_asked_state)],
        part: Annotated[Part, asked_part(_PAGE)],
    ) -> Response:
        """List qualifications by identifier: a service provider's own.

        The market operator and the DSO see all.
        """
        found = await qualify.listed(state, _caller_of(principal), part)
        return answer(QualificationPage(qualifications=found.items, next=found.next))

    @router.get("/api/qualification/{qualification_id}", **documented(gives=Qualification))
    async def get_qualification(principal: Participant, qualification_id: str) -> Response:
        """Show a unit or group with its qualification and all steps of it."""
        return answer(await qualify.find(qualification_id, _caller_of(principal)))
