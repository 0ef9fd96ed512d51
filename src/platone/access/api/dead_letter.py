"""GET /api/access/deadLetters, their replay, and their closing."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from platone.access.domain.dead_letter import DeadLetter
from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Listed, Part
from platone.messages.base import Role, Submission, SubmissionStatus
from platone.messages.dead_letter import DeadLetters, DeadLetterView, LetterClosing

_PAGE = 200
"""Most dead letters in one answer."""


def _view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        id=letter.id,
        device=letter.message.device,
        reason=letter.reason,
        detail=letter.detail,
        message=letter.message.raw.decode(errors="replace"),
        received_at=letter.received_at,
        times=letter.times,
        status=letter.status,
        closed_because=letter.closed_because,
    )


def dead_letter_router(
    select: Callable[[Part], Awaitable[Listed[DeadLetter]]],
    replay: Callable[[int], Awaitable[None]],
    close: Callable[[int, str], Awaitable[DeadLetter]],
) -> APIRouter:
    """Make the routes of dead letters: the metered data administrator's, an auditor may read.

    Args:
        select: Returns a part of the refused messages.
        replay: Takes a refused message in again.
        close: Closes one with a reason, and returns it as it was before.
    """
    router = APIRouter(tags=["access"])
    readers = Depends(require(Role.METERED_DATA_ADMINISTRATOR, Role.AUDITOR))
    administrator = Depends(require(Role.METERED_DATA_ADMINISTRATOR))

    @router.get("/api/access/deadLetters", dependencies=[readers], **documented(gives=DeadLetters))
    async def get_dead_letters(part: Annotated[Part, asked_part(_PAGE)]) -> Response:
        """List messages that were refused, with the reason."""
        found = await select(part)
        return answer(DeadLetters(dead_letters=found.of(_view).items, next=found.next))

    @router.post(
        "/api/access/deadLetters/{letter_id}/replay",
        dependencies=[administrator],
        **documented(gives=Submission),
    )
    async def replay_dead_letter(letter_id: int) -> Response:
        """Take a refused message in again; a problem says why it is still refused."""
        await replay(letter_id)
        return answer(Submission(id=str(letter_id), status=SubmissionStatus.ACCEPTED))

    _closing_route(router, close)
    return router


def _closing_route(router: APIRouter, close: Callable[[int, str], Awaitable[DeadLetter]]) -> None:
    @router.post(
        "/api/access/deadLetters/{letter_id}/closing", **documented(LetterClosing, Submission)
    )
    async def close_dead_letter(
        request: Request,
        principal: Annotated[Principal, Depends(require(Role.METERED_DATA_ADMINISTRATOR))],
        letter_id: int,
        closing: Annotated[LetterClosing, body(LetterClosing)],
    ) -> Response:
        """Close a refused message that nothing will mend; it stays as it came.

        The log of changes keeps the reason. Sent again by its device, the message is open again.
        """
        before = await close(letter_id, closing.reason)
        was = {"status": before.status, "refused": before.reason}
        if before.closed_because is not None:
            was["closedBecause"] = before.closed_because
        told = {"status": "closed", "refused": before.reason, "closedBecause": closing.reason}
        await record_change(request, principal, ("deadLetter", str(letter_id)), was, told)
        return answer(Submission(id=str(letter_id), status=SubmissionStatus.ACCEPTED))
