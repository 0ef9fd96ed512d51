"""What changed in how a person signs in has a sentence in each language, and tells by whom."""

from datetime import UTC, datetime

import pytest

from platone.dashboard.domain.language import sentences
from platone.dashboard.domain.own_change import changed_by, own_change
from platone.infra.http.change import COMMAND_LINE
from platone.infra.page.language import LANGUAGES
from platone.messages.people import ChangeView

IS, WAS = {"is": "x"}, {"was": "x"}
TOLD = [
    ("secondFactor", {}, IS, "Second factor turned on"),
    ("secondFactor", WAS, IS, "Second factor exchanged"),
    ("secondFactor", WAS, {}, "Second factor turned off"),
    ("recoveryCodes", {"left": "3"}, {"left": "2"}, "Signed in by a recovery code"),
    ("recoveryCodes", {"left": "3"}, {"codes": "made anew"}, "Recovery codes made anew"),
    ("passkey", {}, IS, "Passkey added"),
    ("passkey", WAS, {}, "Passkey removed"),
    ("password", WAS, IS, "Password changed"),
    ("person", WAS, {"password": "made anew"}, "Password changed"),
    ("person", WAS, {"secondFactor": "made anew"}, "Second factor exchanged"),
    ("person", {}, IS, "Your name was added"),
    ("person", WAS, IS, "Your roles were changed"),
    ("person", WAS, {}, "Your name was removed"),
]


def view(
    kind: str, before: dict[str, str], after: dict[str, str], by: str = "person:anna"
) -> ChangeView:
    return ChangeView(
        number=1,
        at=datetime(2026, 12, 1, tzinfo=UTC),
        party_id="MO",
        client_id=by,
        kind=kind,
        subject="anna",
        before=before,
        after=after,
    )


@pytest.mark.parametrize(("kind", "before", "after", "sentence"), TOLD)
def test_a_change_is_told_in_every_language(
    kind: str, before: dict[str, str], after: dict[str, str], sentence: str
) -> None:
    name = own_change(view(kind, before, after))
    assert sentences("en")[name] == sentence
    assert len({sentences(language)[name] for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("by", "told"),
    [("person:anna", ""), ("person:olga", "olga"), (COMMAND_LINE, COMMAND_LINE), ("MO", "MO")],
)
def test_who_changed_it_is_told(by: str, told: str) -> None:
    assert changed_by(view("person", WAS, IS, by), "anna") == told
