"""Sessions as rows of the pages' one table of sessions."""

from collections.abc import Iterable

from platone.dashboard.domain.reason import tone_of, wait_in_words
from platone.messages.market import MarketSession


def session_rows(sessions: Iterable[MarketSession]) -> list[dict[str, object]]:
    """Return sessions as rows, each with its tone and whom it waits for, in words."""
    return [
        {
            "session": each,
            "tone": tone_of(each.status),
            "waits": wait_in_words(each.waiting_for.value) if each.waiting_for else "",
        }
        for each in sessions
    ]
