"""The versions of a settlement line, as its identifier tells them."""

import re

_VERSION = re.compile(r"(.+)\.v([0-9]+)")
"""The form of a later version's identifier; a trade's own ends with a number alone."""


def correction_id(line_id: str, version: int) -> str:
    """Return the identifier of a later version of a line."""
    return f"{line_id}.v{version}"


def version_of(line_id: str) -> tuple[str, int]:
    """Return the line that an identifier is a version of, and the version."""
    found = _VERSION.fullmatch(line_id)
    return (found[1], int(found[2])) if found else (line_id, 1)
