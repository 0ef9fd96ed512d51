"""Paths of this server that a browser may be led to."""

import re

_LONGEST = 2000
"""Longest path that is led to, characters: a cookie holds it while a person signs in."""
_OWN = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def own_path(text: str) -> str:
    """Return a path of ours; the first page where a text is none, or would lead elsewhere.

    Browsers take a backslash for a slash and leave out tabs, so that neither may stand in it.
    """
    return text if len(text) <= _LONGEST and _OWN.fullmatch(text) else "/"
