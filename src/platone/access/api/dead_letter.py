"""GET /api/access/deadLetters, and their replay."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from platone.access.domain.dead_letter import DeadLetter
from platone.infra.http.security import require
from platone.infra.http.wire import answer, documented
from platone.messages.base import Role, Submission, SubmissionStatus
from platone.messages.dead_letter import DeadLetters, DeadLetterView

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
        status="replayed" if letter.is_replayed else "refused",
    )


def dead_letter_router(
    select: Callable[[int, int], Awaitable[Sequence[DeadLetter]]],
    replay: Callable[[int], Awaitable[None]],
) -> APIRouter:
    """Make the routes of dead letters: the metered data administrator's, an auditor may read.

    Args:
        select: Returns refused messages after a number, so many at most.
        replay: Takes a refused message in again.
    """
    router = APIRouter(tags=["access"])
    readers = Depends(require(Role.METERED_DATA_ADMINISTRATOR, Role.AUDITOR))
    administrator = Depends(require(Role.METERED_DATA_ADMINISTRATOR))

    @router.get("/api/access/deadLetters", dependencies=[readers], **documented(gives=DeadLetters))
    async def get_dead_letters(
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
    ) -> Response:
        """List messages that were refused, with the reason."""
        letters = await select(after, limit)
        return answer(DeadLetters(dead_letters=[_view(letter) for letter in letters]))

    @router.post(
        "/api/access/deadLetters/{letter_id}/replay",
        dependencies=[administrator],
        **documented(gives=Submission),
    )
    async def replay_dead_letter(letter_id: int) -> Response:
        """Take a refused message in again; a problem says why it is still refused."""
        await replay(letter_id)
        return answer(Submission(id=str(letter_id), status=SubmissionStatus.ACCEPTED))

    return router
