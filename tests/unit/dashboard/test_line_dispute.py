"""Disputes beside lines: how far each is, until when it waits, and which one a line shows."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from platone.dashboard.domain.language import sentences
from platone.dashboard.domain.line_dispute import DisputedLines, LineDispute
from platone.infra.page.language import LANGUAGES
from platone.messages.dispute import (
    Awaited,
    Dispute,
    DisputeFollowUp,
    DisputeOutcome,
    DisputeReason,
    DisputeStatus,
)

ANSWER_DUE = datetime(2021, 7, 7, 10, tzinfo=UTC)
CORRECTED_UNTIL = datetime(2021, 8, 1, 10, tzinfo=UTC)
OPEN = Dispute(
    id="d",
    dispute_id="own",
    line_id="o.P.50.0",
    market_outcome_id="o",
    pod="P",
    opened_by="A",
    reason=DisputeReason.OTHER,
    status=DisputeStatus.OPEN,
    answer_due=ANSWER_DUE,
    steps=(),
)
ANSWERED = replace(OPEN, status=DisputeStatus.ANSWERED)
REJECTED = replace(OPEN, status=DisputeStatus.CLOSED, outcome=DisputeOutcome.REJECTED)
WITHDRAWN = replace(REJECTED, outcome=DisputeOutcome.WITHDRAWN)
UPHELD = replace(REJECTED, outcome=DisputeOutcome.UPHELD)  # before it told what follows
READINGS = replace(
    UPHELD, follow_up=DisputeFollowUp(awaits=Awaited.READINGS, until=CORRECTED_UNTIL)
)
AMENDS = replace(UPHELD, follow_up=DisputeFollowUp(awaits=Awaited.AMENDS, until=CORRECTED_UNTIL))
CORRECTED = replace(
    UPHELD,
    follow_up=DisputeFollowUp(
        awaits=Awaited.READINGS, until=CORRECTED_UNTIL, corrected_by="o.P.50.0.v2"
    ),
)


@pytest.mark.parametrize(
    ("dispute", "word", "tone", "due"),
    [
        (OPEN, "dispute_open", "near", ANSWER_DUE),
        (ANSWERED, "dispute_answered", "live", ANSWER_DUE),
        (REJECTED, "outcome_rejected", "", None),
        (WITHDRAWN, "outcome_withdrawn", "", None),
        (UPHELD, "outcome_upheld", "good", None),
        (READINGS, "upheld_readings", "near", CORRECTED_UNTIL),
        (AMENDS, "upheld_amends", "near", CORRECTED_UNTIL),
        (CORRECTED, "upheld_corrected", "good", None),
    ],
)
def test_how_far_a_dispute_is_has_a_name_and_a_date(
    dispute: Dispute, word: str, tone: str, due: datetime | None
) -> None:
    found = LineDispute(dispute)
    assert (found.word, found.tone, found.due) == (word, tone, due)
    assert found.is_undecided is (dispute in (OPEN, ANSWERED))
    assert found.told
    for language in LANGUAGES:
        assert word in sentences(language)


def test_what_is_due_runs_until_then_and_is_overdue_afterwards() -> None:
    second = timedelta(seconds=1)
    for dispute, due in ((OPEN, ANSWER_DUE), (READINGS, CORRECTED_UNTIL)):
        found = LineDispute(dispute)
        assert found.is_running(due)
        assert not found.is_overdue(due)
        assert found.is_overdue(due + second)
    assert LineDispute(OPEN).is_running(ANSWER_DUE + second)  # it is still to be decided
    assert not LineDispute(READINGS).is_running(CORRECTED_UNTIL + second)
    for dispute in (REJECTED, CORRECTED):
        assert not LineDispute(dispute).is_running(ANSWER_DUE - second)
        assert not LineDispute(dispute).is_overdue(CORRECTED_UNTIL + second)


def test_a_line_shows_the_newest_dispute_about_any_of_its_versions() -> None:
    newest, other = replace(OPEN, line_id="o.P.50.0.v2", id="new"), replace(OPEN, line_id="x")
    disputed = DisputedLines([newest, OPEN, other])
    for line in ("o.P.50.0", "o.P.50.0.v2", "o.P.50.0.v3"):
        found = disputed(line)
        assert found is not None
        assert found.dispute.id == "new"
    assert disputed("o.P.51.0") is None
