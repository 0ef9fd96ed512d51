"""Lists of names in remarks, cut to a readable length."""

from collections.abc import Sequence

_NAMES_SHOWN = 5
"""Names in a remark before they are only counted, so that it stays one line."""


def abridged(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
