"""Query parameters of readers, and the scope that a reader's role gives."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query

from platone.customers.domain.instant import EARLIEST_S, LATEST_S
from platone.customers.domain.problem import QueryMalformed
from platone.customers.domain.scope import Scope, Selection
from platone.infra.http.security import Principal, require
from platone.messages.base import Instant, PodId, Role

MAX_PODS = 10_000
"""Most points of delivery that a query names: an address of a quarter of a megabyte."""
_SEE_ALL = (
    Role.SYSTEM_OPERATOR,
    Role.MARKET_OPERATOR,
    Role.METERED_DATA_ADMINISTRATOR,
    Role.AUDITOR,
)

Reader = Annotated[
    Principal, Depends(require(*_SEE_ALL, Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER))
]
"""Anyone who may read something; how much, :func:`scope_of` says."""


def scope_of(principal: Principal) -> Scope:
    """Return a reader's scope: all points of delivery, an aggregator's own, or a customer's own."""
    if principal.has(*_SEE_ALL):
        return Scope()
    if principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER):
        return Scope(aggregator_id=principal.party_id)
    return Scope(customer_id=principal.party_id)


def _convert(value: Any, kind: Any, parameter: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise QueryMalformed(f"{parameter}: {error}", parameter=parameter) from error


def _seconds(text: str | None, parameter: str, missing: int) -> int:
    if text is None:
        return missing
    instant: datetime = _convert(text, Instant, parameter)
    whole = instant.timestamp()
    return -int(-whole // 1)  # the first whole second that is not before it


async def _selection(
    principal: Reader,
    pod_id: Annotated[list[str], Query(alias="podId", description="Repeat it for many.")] = [],  # noqa: B006 - FastAPI copies it
    from_: Annotated[str | None, Query(alias="from", description="First instant, ISO-8601")] = None,
    to: Annotated[str | None, Query(description="Instant after the last, ISO-8601")] = None,
) -> Selection:
    """Return the selection that the query parameters describe.

    Raises:
        QueryMalformed: A parameter cannot be read.
    """
    kind = Annotated[list[PodId], msgspec.Meta(max_length=MAX_PODS)]
    pod_ids = tuple(dict.fromkeys(_convert(pod_id, kind, "podId")))
    from_s, to_s = _seconds(from_, "from", EARLIEST_S), _seconds(to, "to", LATEST_S)
    if from_s >= to_s:
        raise QueryMalformed("from must be before to.", parameter="from")
    return Selection(scope_of(principal), from_s, to_s, pod_ids)


Wanted = Annotated[Selection, Depends(_selection)]
