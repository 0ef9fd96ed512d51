"""Checks of callers: the DSO may call its own platform, other system operators may not."""

from platone.infra.http.security import Check, only_operator, require
from platone.messages.base import Role


def only_dso(dso: str) -> Check:
    """Return a dependency that gives the caller, who must be the DSO."""
    return only_operator(dso, require(Role.SYSTEM_OPERATOR))


def dso_or_auditor(dso: str) -> Check:
    """Return a dependency that gives the caller, who must be the DSO or an auditor."""
    return only_operator(dso, require(Role.SYSTEM_OPERATOR, Role.AUDITOR))
