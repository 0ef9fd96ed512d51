"""The number of the request that is being worked on: one from the first caller to the last party.

A call brings it in the header `X-Request-Id`, or is given one; answers, log lines and calls to
other parties carry it. A message of an outbox has the number of its entry, such as
``market.outbox-17``, at its sender and at its receiver.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "X-Request-Id"
_FORM = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""The form of a number that is taken from a caller: nothing that breaks a line of a log."""
_NEW_BYTES = 8
"""Bytes of a new number: no two of a year are alike."""

_current: ContextVar[str] = ContextVar("request_number", default="")


def current_request() -> str:
    """Return the number of the request that is being worked on; empty where there is none."""
    return _current.get()


def taken_number(shown: str) -> str:
    """Return a caller's number if it is one, else a new one."""
    return shown if _FORM.fullmatch(shown) else secrets.token_hex(_NEW_BYTES)


@contextmanager
def working_on(number: str) -> Iterator[None]:
    """Work on a request within the context."""
    token = _current.set(number)
    try:
        yield
    finally:
        _current.reset(token)
