"""How long an invitation can be used."""

from datetime import UTC, datetime, timedelta

from platone.identity.domain.invitation import INVITATION_LIFE


def test_an_invitation_lasts_over_a_weekend_and_no_longer() -> None:
    """One of a Friday's evening can be used on Monday, and on Tuesday no more."""
    friday = datetime(2021, 6, 25, 19, tzinfo=UTC)
    assert friday + INVITATION_LIFE >= datetime(2021, 6, 28, 18, tzinfo=UTC)
    assert friday + INVITATION_LIFE < datetime(2021, 6, 29, tzinfo=UTC)
    assert timedelta(days=3) == INVITATION_LIFE
