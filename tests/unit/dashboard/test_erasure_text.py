"""Why a part of an erasure waits is told by a sentence of each language."""

import pytest

from platone.customers.domain.erasure import first_parts
from platone.dashboard.domain.erasure_text import wait_word
from platone.dashboard.domain.language import sentences
from platone.infra.page.language import LANGUAGES


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("a session may yet trade its offers", "session"),
        ("messages about it are on their way: POST /api/dso/marketOutcome", "messages"),
        ("it does not answer: POST /api/dso/erasures answered 503.", "silence"),
        ("market come first", "others"),
        ("the moon is full", ""),
        (None, ""),
    ],
)
def test_a_reason_is_known_by_its_beginning(reason: str | None, word: str) -> None:
    assert wait_word(reason) == word


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_first_reason_has_a_sentence(language: str) -> None:
    told = sentences(language)
    assert all(told[f"erasure_for_{wait_word(part.reason)}"] for part in first_parts())
