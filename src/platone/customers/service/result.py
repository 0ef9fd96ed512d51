"""Answers to the items of a bulk message."""

from platone.infra.http.problem import problem_of
from platone.kernel.errors import PlatoneError
from platone.messages.base import Submission, SubmissionStatus


def accepted(identifier: str, *, is_new: bool = True) -> Submission:
    """Return the answer to an item that was taken, now or before."""
    return Submission(id=identifier, status=SubmissionStatus.of_taken(is_new=is_new))


def refused(identifier: str, error: PlatoneError) -> Submission:
    """Return the answer to an item that was not taken, with the reason."""
    return Submission(id=identifier, status=SubmissionStatus.REFUSED, problem=problem_of(error))
