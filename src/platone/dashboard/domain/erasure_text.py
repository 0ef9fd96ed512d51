"""Reasons why a context's part of an erasure waits, as pages tell them."""

_BEGINNINGS = {
    "a session may yet trade": "erasure_for_session",
    "a trade is not settled": "erasure_for_settlement",
    "the law has": "erasure_for_law",
    "messages about it": "erasure_for_messages",
    "a day is not over": "erasure_for_day",
    "a payment is under way": "erasure_for_payment",
    "it does not answer": "erasure_for_silence",
    "it is asked once more": "erasure_for_anew",
    "it has not begun": "erasure_for_begin",
}
"""How the contexts' reasons begin, and the name of each one's sentence."""
_OTHERS_FIRST = " come first"


def wait_sentence(reason: str | None) -> str:
    """Return the name of a reason's sentence in the files of languages.

    Args:
        reason: A part's reason, as its context tells it.

    Returns:
        The name; empty where there is no reason, or none that is known here.
    """
    if reason is None:
        return ""
    if reason.endswith(_OTHERS_FIRST):
        return "erasure_for_others"
    return next((name for start, name in _BEGINNINGS.items() if reason.startswith(start)), "")
