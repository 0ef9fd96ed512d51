"""A message of which another party refuses something tells who refused it, and why."""

import pytest

from platone.access.domain.dead_letter import KEPT_PER_DEVICE, Unshared
from platone.access.domain.problem import NotShared


@pytest.mark.parametrize(
    ("slug", "word"), [("batch-too-large", "batch-too-large"), ("", "refused")]
)
def test_the_problem_of_a_message_that_is_not_shared(slug: str, word: str) -> None:
    name = ("0x" + "ab" * 20, 17)
    problem = Unshared(name, "POST /api/certification", slug, "It has 9 readings.").problem()
    assert isinstance(problem, NotShared)
    assert problem.detail == (
        f"POST /api/certification refused message 17 of {name[0]}: {word}: It has 9 readings."
    )


def test_a_device_that_sends_each_quarter_hour_has_ten_days() -> None:
    assert KEPT_PER_DEVICE >= 10 * 96
