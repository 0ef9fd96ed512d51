"""The log of changes in a reader's words."""

from collections.abc import Mapping
from dataclasses import dataclass

from platone.infra.http.change import COMMAND_LINE
from platone.infra.page.number import words
from platone.infra.page.word import roles_in_words
from platone.messages.base import Role
from platone.messages.people import ChangeView

_KINDS = {
    "party": "the party",
    "person": "the person",
    "invitation": "the invitation",
    "passkey": "a passkey of",
    "password": "the password of",
    "secondFactor": "the second factor of",
    "recoveryCodes": "the recovery codes of",
    "clientSecret": "the client secret of",
    "agreement": "the agreement of",
    "payment": "the booking of the payment",
    "document": "the document",
    "device": "the device",
    "deadLetter": "the refused message",
    "session": "the session",
    "clock": "the clock",
    "erasure": "the erasure",
}
_NAMES = {COMMAND_LINE: "a command at the server"}
KINDS = {each: "refused message" if each == "deadLetter" else words(each) for each in _KINDS}
"""Kinds of things whose changes are told, and what a reader calls them."""


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change as a reader is told it.

    Attributes:
        view: The change.
        who: Who made it.
        deed: What was done.
        fields: Each field that differs: its name, what it was, what it is; empty for nothing.
    """

    view: ChangeView
    who: str
    deed: str
    fields: tuple[tuple[str, str, str], ...]


def told(view: ChangeView) -> ToldChange:
    """Return a change in words: who did what, and each field from what to what."""
    name = _NAMES.get(view.client_id, view.client_id.removeprefix("person:"))
    who = name if name == view.party_id else f"{name} for {view.party_id}"
    deed = "changed" if view.before and view.after else "removed" if view.before else "made"
    if view.kind == "agreement" and deed == "removed":
        deed = "ended"
    if view.kind == "erasure":
        deed = "began"
    if view.kind == "clock":
        deed = "moved"
    names = list(dict.fromkeys([*view.before, *view.after]))
    fields = tuple(
        (words(each), _value(each, view.before), _value(each, view.after))
        for each in names
        if view.before.get(each) != view.after.get(each)
    )
    what = _KINDS.get(view.kind, words(view.kind))
    thing = f"{view.subject} clock" if view.kind == "clock" else f"{what} {view.subject}"
    return ToldChange(view, who, f"{deed} {thing}", fields)


def _value(name: str, fields: Mapping[str, str]) -> str:
    """Return the value of a field; roles by the names that people know them by."""
    text = fields.get(name, "")
    if name != "roles" or not text:
        return text
    return roles_in_words([Role(each) for each in text.split(", ")], "en")
