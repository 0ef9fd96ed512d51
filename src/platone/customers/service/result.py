"""Answers to the items of a bulk message."""

from platone.infra.http.problem import problem_of
from platone.kernel.errors import PlatoneError
from platone.messages.base import Submission

ACCEPTED = "accepted"


def accepted(identifier: str, *, is_new: bool = True) -> Submission:
    """It was taken, now or before."""
    return Submission(id=identifier, status=ACCEPTED if is_new else "alreadySubmitted")


def refused(identifier: str, error: PlatoneError) -> Submission:
    """It was not taken, and why."""
    return Submission(id=identifier, status="refused", problem=problem_of(error))
