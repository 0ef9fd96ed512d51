"""Authorization codes in memory: each for one use, within a minute."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from platone.identity.domain.code import CODE_LIFE_S, Authorization
from platone.identity.service.secret import new_secret

_CODES = 1_000
"""Codes that are held at most: the oldest goes first; a market's people sign in one by one."""


@dataclass(slots=True)
class _Issued:
    authorization: Authorization
    until_s: float
    sign_in: str = ""


class Codes:
    """The codes that were given out; a start of the server ends them all.

    Args:
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._now = monotonic_s
        self._issued: OrderedDict[str, _Issued] = OrderedDict()
        self._used: OrderedDict[str, str] = OrderedDict()

    def issue(self, authorization: Authorization) -> str:
        """Return a new code for an authorization."""
        code = new_secret()
        self._issued[code] = _Issued(authorization, self._now() + CODE_LIFE_S)
        if len(self._issued) > _CODES:
            self._issued.popitem(last=False)
        return code

    def redeem(self, code: str) -> Authorization | None:
        """Return the authorization of a code, once; None where it is unknown, used or too old."""
        issued = self._issued.pop(code, None)
        if issued is None or issued.until_s <= self._now():
            return None
        return issued.authorization

    def remember(self, code: str, sign_in: str) -> None:
        """Remember which sign-in a code has led to."""
        self._used[code] = sign_in
        if len(self._used) > _CODES:
            self._used.popitem(last=False)

    def misused(self, code: str) -> str | None:
        """Return the sign-in of a code that was used before: somebody else has had it."""
        return self._used.pop(code, None)
