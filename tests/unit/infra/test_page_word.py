"""Roles, places and short times as people say them, in each language of the pages."""

from datetime import UTC, date, datetime

import pytest

from platone.infra.page.language import LANGUAGES
from platone.infra.page.word import (
    place_of_zone,
    roles_in_words,
    short_day,
    short_moment,
    short_month,
)
from platone.messages.base import Role

AT = datetime(2026, 5, 2, 1, 5, tzinfo=UTC)
TWICE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""02:30 in Rome, which clocks show again an hour later."""


@pytest.mark.parametrize(
    ("language", "told", "place"),
    [
        ("en", "2 May 2026, 03:05", "Rome"),
        ("it", "2 mag 2026, 03:05", "Roma"),
        ("el", "2 Μαΐ 2026, 03:05", "Ρώμη"),
        ("de", "2. Mai 2026, 03:05", "Rom"),
        ("xx", "2 May 2026, 03:05", "Rome"),
    ],
)
def test_a_time_is_short_and_a_zone_a_town(language: str, told: str, place: str) -> None:
    assert short_moment(AT, "Europe/Rome", language) == told
    assert place_of_zone("Europe/Rome", language) == place


def test_a_zone_that_nobody_has_named_is_told_by_its_town() -> None:
    assert place_of_zone("America/Argentina/Buenos_Aires", "it") == "Buenos Aires"
    assert place_of_zone("UTC", "en") == "UTC"


@pytest.mark.parametrize(
    ("language", "day", "month"),
    [
        ("en", "23 May", "May 2021"),
        ("it", "23 mag", "mag 2021"),
        ("el", "23 Μαΐ", "Μαΐ 2021"),
        ("de", "23. Mai", "Mai 2021"),
    ],
)
def test_the_names_of_an_axis_are_in_the_readers_language(
    language: str, day: str, month: str
) -> None:
    assert short_day(date(2021, 5, 23), language) == day
    assert short_month(date(2021, 5, 23), language) == month


def test_an_hour_that_clocks_show_twice_says_which_it_is() -> None:
    assert short_moment(TWICE, "Europe/Rome", "it") == "25 ott 2026, 02:30 CEST"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_role_has_a_word_of_its_own(language: str) -> None:
    told = [roles_in_words([role], language) for role in Role]
    assert len(set(told)) == len(Role)
    assert not {role.value for role in Role if role is not Role.AUDITOR} & set(told)
    assert all("role_" not in each for each in told)


def test_roles_are_told_in_order() -> None:
    roles = [Role.MARKET_OPERATOR, Role.AUDITOR]
    assert roles_in_words(roles, "it") == "gestore del mercato, revisore"
