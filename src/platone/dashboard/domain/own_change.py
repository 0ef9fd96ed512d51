"""Changes of a person, and of how it signs in, as the person itself is told them."""

from platone.infra.http.change import COMMAND_LINE
from platone.messages.people import ChangeView

_SUBJECT = "person:"
"""The beginning of what people are named by in the log."""
_SENTENCES = {
    ("secondFactor", "made"): "change_second_factor_on",
    ("secondFactor", "changed"): "change_second_factor_changed",
    ("secondFactor", "removed"): "change_second_factor_off",
    ("passkey", "made"): "change_passkey_on",
    ("passkey", "removed"): "change_passkey_off",
    ("password", "changed"): "change_password_changed",
    ("person", "made"): "change_person_on",
    ("person", "changed"): "change_person_changed",
    ("person", "removed"): "change_person_off",
}
"""The names of the sentences, by the kind of thing and what was done to it."""


def own_change(view: ChangeView) -> str:
    """Return the name of the sentence that tells a change of a person to itself."""
    if view.kind == "recoveryCodes":
        return "change_recovery_codes" if "codes" in view.after else "change_recovery_code_used"
    deed = "changed" if view.before and view.after else "removed" if view.before else "made"
    kind = view.kind
    if kind == "person":  # a command at the server tells what it has made anew
        kind = next((each for each in ("password", "secondFactor") if each in view.after), kind)
    return _SENTENCES.get((kind, deed), "change_person_changed")


def changed_by(view: ChangeView, name: str) -> str:
    """Return who made a change of a person: empty for the person itself, or a name.

    Args:
        view: The change.
        name: The person's name.
    """
    if view.client_id == COMMAND_LINE:
        return COMMAND_LINE
    by = view.client_id.removeprefix(_SUBJECT)
    return "" if by == name else by
