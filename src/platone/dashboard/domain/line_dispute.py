"""Disputes as they stand beside the settled lines that they are about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from platone.kernel.line_version import version_of
from platone.messages.dispute import Awaited, Dispute, DisputeStatus

_TOLD = {
    "dispute_open": "waits for an answer",
    "dispute_answered": "answered, not decided",
    "outcome_rejected": "rejected: the line stands",
    "outcome_withdrawn": "withdrawn",
    "outcome_upheld": "upheld",
    "upheld_readings": "upheld: readings awaited",
    "upheld_amends": "upheld: amends awaited",
    "upheld_corrected": "upheld, and settled again",
}
"""The states of disputes in words, by their name among a household's sentences."""
_TONES = {
    "dispute_open": "near",
    "dispute_answered": "live",
    "upheld_readings": "near",
    "upheld_amends": "near",
    "upheld_corrected": "good",
    "outcome_upheld": "good",
}


@dataclass(frozen=True, slots=True)
class LineDispute:
    """A dispute about a line, with what a page tells of it.

    Attributes:
        dispute: The dispute.
    """

    dispute: Dispute

    @property
    def word(self) -> str:
        """Return the name of the sentence that tells how far it is."""
        follow_up = self.dispute.follow_up
        if follow_up is not None:
            if follow_up.corrected_by is not None:
                return "upheld_corrected"
            return f"upheld_{Awaited(follow_up.awaits).value}"
        if self.dispute.outcome is not None:
            return f"outcome_{self.dispute.outcome.value}"
        return f"dispute_{self.dispute.status.value}"

    @property
    def told(self) -> str:
        """Return how far it is, in English."""
        return _TOLD[self.word]

    @property
    def tone(self) -> str:
        """Return the tone in which that is shown."""
        return _TONES.get(self.word, "")

    @property
    def is_undecided(self) -> bool:
        """Return whether the market operator has not decided it, and nobody withdrew it."""
        return self.dispute.status is not DisputeStatus.CLOSED

    @property
    def due(self) -> datetime | None:
        """Return until when an answer, or what it waits for, is due; none where nothing is."""
        if self.is_undecided:
            return self.dispute.answer_due
        follow_up = self.dispute.follow_up
        return None if follow_up is None or follow_up.corrected_by else follow_up.until

    def is_running(self, now: datetime) -> bool:
        """Return whether its line cannot be disputed anew: it is undecided, or waits in time."""
        return self.is_undecided or (self.due is not None and now <= self.due)

    def is_overdue(self, now: datetime) -> bool:
        """Return whether what is due of it has not come in time."""
        return self.due is not None and now > self.due


class DisputedLines:
    """The newest dispute about each line.

    Args:
        disputes: Disputes, the newest first.
    """

    def __init__(self, disputes: Iterable[Dispute]) -> None:
        self._by_line: dict[str, LineDispute] = {}
        for each in disputes:
            self._by_line.setdefault(version_of(each.line_id)[0], LineDispute(each))

    def __call__(self, line_id: str) -> LineDispute | None:
        """Return the newest dispute about a line, in any of its versions; none where none is."""
        return self._by_line.get(version_of(line_id)[0])
