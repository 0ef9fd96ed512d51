"""Why a part of an erasure waits is told by a sentence of each language."""

import pytest

from platone.customers.domain.erasure import first_parts
from platone.dashboard.domain.erasure_text import wait_sentence
from platone.dashboard.domain.language import sentences
from platone.infra.page.language import LANGUAGES


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("a session may yet trade its offers", "erasure_for_session"),
        ("messages about it are on their way: POST /api/dso/marketOutcome", "erasure_for_messages"),
        ("it does not answer: POST /api/dso/erasures answered 503.", "erasure_for_silence"),
        ("market come first", "erasure_for_others"),
        ("the moon is full", ""),
        (None, ""),
    ],
)
def test_a_reason_is_known_by_its_beginning(reason: str | None, name: str) -> None:
    assert wait_sentence(reason) == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_first_reason_has_a_sentence(language: str) -> None:
    told = sentences(language)
    assert all(told[wait_sentence(part.reason)] for part in first_parts())
