"""The callers of the aggregator's routes, and which points of delivery each may see."""

from typing import Annotated

from fastapi import Depends

from platone.aggregator.records.seen import Seen
from platone.infra.http.security import Principal, require
from platone.messages.base import Role

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


def seen_by(principal: Principal) -> Seen:
    """Return the part that a reader sees: an aggregator and a customer see their own."""
    if principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER):
        return Seen(party=principal.party_id)
    return Seen() if principal.has(Role.AUDITOR) else Seen(customer=principal.party_id)
