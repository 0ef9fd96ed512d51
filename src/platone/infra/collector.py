"""The interpreter's collector of cycles, set for a server that holds a session's million values.

What nothing refers to is freed at once. The collector only finds what refers to itself in a circle,
by looking through all lists and mappings there are, while everybody waits. As the interpreter
sets it, it looks through all of them each time that a quarter more have come: on the way of a large
session many times, a second each. Circles are mostly short-lived, so the looks at what is young
find them.
"""

import gc
from typing import Any

_YOUNG = 10_000
"""New lists, mappings and objects before a look at those: some 1 ms."""
_LOOKS_AT_YOUNG = 5
"""Looks at the new before one at those that outlived a look too: some 5 ms."""
_LOOKS_AT_OLDER = 4_000
"""Looks at those before one at all there are: after 200 million more have come than have gone."""
_ITEMS_AT_ONCE = 200
"""Items of a long list that are let go in one call: some points of delivery of a day."""


def spare_long_looks() -> None:
    """Leave what is there by now to itself, and look at all that comes later only seldom.

    It is for the end of a start: what was imported and made by then stays as long as the process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _LOOKS_AT_YOUNG, _LOOKS_AT_OLDER)


def let_go(*lists: list[Any]) -> None:
    """Empty long lists that nobody needs any more, some items at a time, best in a thread.

    To free a million values in one call would let nobody else run for a second.
    """
    for items in lists:
        while items:
            del items[-_ITEMS_AT_ONCE:]
