"""A message of which another party refuses something tells who refused it, and why."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from platone.access.domain.dead_letter import KEPT_PER_DEVICE, DeadLetter, Unshared
from platone.access.domain.message import IncomingMessage
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
    page = (Path(__file__).parents[3] / "docs" / "reference" / "mqtt.md").read_text("utf-8")
    assert f"of a device the newest {KEPT_PER_DEVICE:,} are kept" in page


@pytest.mark.parametrize(
    ("is_replayed", "because", "told"),
    [
        (False, None, "refused"),
        (False, "it came twice", "closed"),
        (True, None, "replayed"),
        (True, "it came twice", "replayed"),  # it was taken after all
    ],
)
def test_the_state_of_a_refused_message(
    *, is_replayed: bool, because: str | None, told: str
) -> None:
    letter = DeadLetter(
        id=1,
        message=IncomingMessage("0x" + "ab" * 20, b"{}"),
        reason="malformed-message",
        detail="It is no message.",
        received_at=datetime(2021, 6, 23, tzinfo=UTC),
        times=1,
        is_replayed=is_replayed,
        closed_because=because,
    )
    assert letter.status == told
