"""The callers of the aggregator's routes, and which points of delivery each may see."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends

from platone.infra.http.security import Principal, require
from platone.messages.base import Role
from platone.messages.registry import PortfolioPod

Provider = Annotated[Principal, Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER))]
Market = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))]
Customer = Annotated[Principal, Depends(require(Role.CUSTOMER))]
Reader = Annotated[
    Principal,
    Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER, Role.AUDITOR)),
]
ProviderOrAuditor = Annotated[
    Principal, Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR))
]


def scope_of(principal: Principal) -> str | None:
    """Return the party whose records a reader sees: an aggregator its own; None: all of them."""
    aggregates = principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER)
    return principal.party_id if aggregates else None


def visible_items(principal: Principal, items: Iterable[PortfolioPod]) -> list[PortfolioPod]:
    """Return the PoDs that a reader sees: a customer those where it is supplied."""
    if principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER, Role.AUDITOR):
        return list(items)
    return [each for each in items if each.pod.customer_id == principal.party_id]
