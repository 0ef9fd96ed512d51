"""Checks of callers: the DSO may call its own platform, other system operators may not."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends

from platone.infra.http.security import Principal, require
from platone.kernel.errors import NotOwner
from platone.messages.base import Role

Check = Callable[..., Awaitable[Principal]]


def only_dso(dso: str) -> Check:
    """Return a dependency that gives the caller, who must be the DSO."""
    return _of_dso(dso, require(Role.SYSTEM_OPERATOR))


def dso_or_auditor(dso: str) -> Check:
    """Return a dependency that gives the caller, who must be the DSO or an auditor."""
    return _of_dso(dso, require(Role.SYSTEM_OPERATOR, Role.AUDITOR))


def _of_dso(dso: str, has_role: Check) -> Check:
    async def check(principal: Annotated[Principal, Depends(has_role)]) -> Principal:
        if principal.has(Role.SYSTEM_OPERATOR) and principal.party_id != dso:
            raise NotOwner(f"This is {dso}'s platform, not {principal.party_id}'s.")
        return principal

    return check
