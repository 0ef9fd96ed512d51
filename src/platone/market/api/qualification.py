"""Routes of the register of service providing units and groups, and their qualification."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented, shown_as
from platone.market.api.query import read_parameter
from platone.market.api.role import GridOperator, Participant
from platone.market.records.qualification import QualificationSearch
from platone.market.service.qualify import Caller, Qualify
from platone.messages.base import Identifier, Role, Submission
from platone.messages.qualification import (
    GridPrequalification,
    Qualification,
    QualificationApplication,
    QualificationDecision,
    QualificationPage,
    QualificationState,
)

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


async def _search(
    state: Annotated[
        str | None,
        Query(
            description="Only qualifications of this state",
            json_schema_extra=shown_as(QualificationState),
        ),
    ] = None,
    after: Annotated[
        str | None,
        Query(
            description="Only those after this identifier: the `next` of the page before",
            json_schema_extra=shown_as(Identifier),
        ),
    ] = None,
) -> QualificationSearch:
    """Return the search for qualifications that the parameters of the address ask for."""
    return QualificationSearch(
        state=read_parameter(state, "state", QualificationState | None, None),
        after=read_parameter(after, "after", Identifier, ""),
    )


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
        principal: Participant, search: Annotated[QualificationSearch, Depends(_search)]
    ) -> Response:
        """List qualifications by identifier, a hundred at a time: a service provider's own.

        The market operator and the DSO see all.
        """
        return answer(await qualify.page(search, _caller_of(principal)))

    @router.get("/api/qualification/{qualification_id}", **documented(gives=Qualification))
    async def get_qualification(principal: Participant, qualification_id: str) -> Response:
        """Show a unit or group with its qualification and all steps of it."""
        return answer(await qualify.find(qualification_id, _caller_of(principal)))
