"""Reasons why a context's part of an erasure waits, as pages tell them."""

_BEGINNINGS = {
    "a session may yet trade": "session",
    "a trade is not settled": "settlement",
    "the law has": "law",
    "messages about it": "messages",
    "a day is not over": "day",
    "a payment is under way": "payment",
    "it does not answer": "silence",
    "it is asked once more": "anew",
    "it has not begun": "begin",
}
"""How the contexts' reasons begin, and what each is called in the files of languages."""
_OTHERS_FIRST = " come first"


def wait_word(reason: str | None) -> str:
    """Return what a reason is called in the files of languages, after ``erasure_for_``.

    Args:
        reason: A part's reason, as its context tells it.

    Returns:
        The word; empty where there is no reason, or none that is known here.
    """
    if reason is None:
        return ""
    if reason.endswith(_OTHERS_FIRST):
        return "others"
    return next((word for start, word in _BEGINNINGS.items() if reason.startswith(start)), "")
