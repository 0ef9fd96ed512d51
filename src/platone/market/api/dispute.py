"""Routes of disputes about settlement lines."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part
from platone.market.api.query import viewer_of
from platone.market.service.dispute_line import DisputeLines
from platone.messages.base import Role
from platone.messages.dispute import (
    Dispute,
    DisputeAnswer,
    DisputeClosing,
    DisputeOpening,
    DisputePage,
)

_PAGE = 1000
"""Most disputes in one answer: half a megabyte of JSON."""
_CONCERNED = (Role.SYSTEM_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER)
_Concerned = Annotated[Principal, Depends(require(*_CONCERNED))]
_Deciding = Annotated[Principal, Depends(require(*_CONCERNED, Role.MARKET_OPERATOR))]
_INVOLVED = (*_CONCERNED, Role.MARKET_OPERATOR, Role.METERED_DATA_ADMINISTRATOR)
_Involved = Annotated[Principal, Depends(require(*_INVOLVED))]
_Reader = Annotated[Principal, Depends(require(*_INVOLVED, Role.AUDITOR))]


def dispute_routes(router: APIRouter, disputes: DisputeLines) -> None:
    """Add the routes under /api/settlementDispute."""
    _reading(router, disputes)

    @router.post(
        "/api/settlementDispute",
        **documented(DisputeOpening, Dispute, status=201, also={200: Dispute}),
    )
    async def open_dispute(
        principal: _Concerned, opening: Annotated[DisputeOpening, body(DisputeOpening)]
    ) -> Response:
        """Dispute a settlement line: its aggregator, who asked, or the customer may.

        200 where the same came before. The market operator answers within 14 days. While a dispute
        about the line runs there is no second one: whom it concerns can add to the first.
        """
        dispute, is_new = await disputes.open(opening, principal.party_id)
        return answer(dispute, 201 if is_new else 200)

    @router.post("/api/settlementDispute/{dispute_id}/answer", **documented(DisputeAnswer, Dispute))
    async def answer_dispute(
        principal: _Involved, dispute_id: str, said: Annotated[DisputeAnswer, body(DisputeAnswer)]
    ) -> Response:
        """Answer a dispute, or add to it.

        One that was upheld is added to while it waits; then the metered-data administrator may,
        too, where it waits for readings.
        """
        return answer(await disputes.answer(dispute_id, said, viewer_of(principal)))

    @router.post(
        "/api/settlementDispute/{dispute_id}/closing", **documented(DisputeClosing, Dispute)
    )
    async def close_dispute(
        principal: _Deciding,
        dispute_id: str,
        closing: Annotated[DisputeClosing, body(DisputeClosing)],
    ) -> Response:
        """Decide a dispute (the market operator), or withdraw it (who opened it).

        Where it is upheld, the outcome's lines are held against the readings again, and lines that
        the ledger refused are tried again. `followUp` tells what it waits for and until when, and
        the line that corrected it once that is paid; both are told on the topic `Dispute_{party}`.
        """
        return answer(await disputes.close(dispute_id, closing, viewer_of(principal)))


def _reading(router: APIRouter, disputes: DisputeLines) -> None:
    @router.get("/api/settlementDispute", **documented(gives=DisputePage))
    async def list_disputes(
        principal: _Reader, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List the disputes that concern the caller, the newest first.

        To the metered-data administrator, those that wait for its corrected readings.
        """
        found = await disputes.listed(viewer_of(principal), part)
        return answer(DisputePage(disputes=found.items, next=found.next))

    @router.get("/api/settlementDispute/{dispute_id}", **documented(gives=Dispute))
    async def get_dispute(principal: _Reader, dispute_id: str) -> Response:
        """Show a dispute with all its steps."""
        return answer(await disputes.find(dispute_id, viewer_of(principal)))
