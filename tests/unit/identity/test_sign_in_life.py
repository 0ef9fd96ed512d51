"""How long a sign-in lasts, and how long it may change how a person signs in."""

from datetime import UTC, datetime, timedelta

from platone.identity.domain.person import FRESH, SIGN_IN_LIFE


def test_a_sign_in_lasts_a_long_working_day_and_not_into_the_next() -> None:
    """What docs/reference/pages.md promises: twelve hours."""
    at_seven = datetime(2021, 6, 25, 7, tzinfo=UTC)
    assert at_seven + SIGN_IN_LIFE == datetime(2021, 6, 25, 19, tzinfo=UTC)


def test_who_changes_how_it_signs_in_has_just_done_so() -> None:
    """What docs/reference/pages.md promises: the last ten minutes."""
    assert timedelta(minutes=10) == FRESH
