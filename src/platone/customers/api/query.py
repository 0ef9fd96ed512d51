"""Query parameters of readers, and the rights that a reader's role gives to each kind of data."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Depends, Query

from platone.customers.domain.instant import EARLIEST_S, LATEST_S, microseconds_at
from platone.customers.domain.problem import QueryMalformed
from platone.customers.domain.scope import Scope, Selection
from platone.infra.http.security import Check, Principal, only_operator, require
from platone.infra.http.wire import shown_as
from platone.messages.base import Instant, PodId, Role

_INSTANT = shown_as(Instant)
MAX_PODS = 10_000
"""Most points of delivery that a query names: an address of a quarter of a megabyte."""
_PodIds = Annotated[list[PodId], msgspec.Meta(max_length=MAX_PODS)]
_PODS = shown_as(list[PodId])
_PodParameter = Annotated[
    list[str],
    Query(
        alias="podId",
        description="Which points of delivery; repeat it for many (64 KiB of address at most)",
        json_schema_extra=_PODS,
    ),
]
_FromParameter = Annotated[
    str | None, Query(alias="from", description="First instant", json_schema_extra=_INSTANT)
]
_ToParameter = Annotated[
    str | None, Query(description="Instant after the last", json_schema_extra=_INSTANT)
]
_AsOfParameter = Annotated[
    str | None,
    Query(
        alias="asOf",
        description="As they stood just before this instant, such as the closing of a gate",
        json_schema_extra=_INSTANT,
    ),
]
_Versions = Literal["last", "all"]
_OWN = (Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER)


@dataclass(frozen=True, slots=True)
class Readership:
    """The readers of one kind of data: some see all of it, aggregators and customers their own.

    Attributes:
        whole: The roles that see all of it.
        dso: The only system operator among them.
    """

    whole: frozenset[Role]
    dso: str

    def reader(self) -> Check:
        """Return a dependency that gives the caller, who may read something of it."""
        return only_operator(self.dso, require(*self.whole, *_OWN))

    def scope(self, principal: Principal) -> Scope:
        """Return a reader's scope: all points of delivery, an aggregator's or a customer's own."""
        if principal.has(*self.whole):
            return Scope()
        if principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER):
            return Scope(aggregator_id=principal.party_id)
        return Scope(customer_id=principal.party_id)

    def selection(self) -> Callable[..., Awaitable[Selection]]:
        """Return a dependency that gives the selection which the query parameters describe."""
        reader = self.reader()

        async def selected(
            principal: Annotated[Principal, Depends(reader)],
            pod_id: _PodParameter = [],  # noqa: B006 - FastAPI copies it
            from_: _FromParameter = None,
            to: _ToParameter = None,
        ) -> Selection:
            return _selection(self.scope(principal), pod_id, from_, to)

        return selected

    def selection_as_of(self) -> Callable[..., Awaitable[Selection]]:
        """Return a dependency that gives a selection as it stood at some instant (`asOf`)."""
        selected = self.selection()

        async def selected_as_of(
            wanted: Annotated[Selection, Depends(selected)], as_of: _AsOfParameter = None
        ) -> Selection:
            if as_of is None:
                return wanted
            return replace(wanted, as_of_us=microseconds_at(_convert(as_of, Instant, "asOf")))

        return selected_as_of


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


def _selection(scope: Scope, pod_id: list[str], from_: str | None, to: str | None) -> Selection:
    """Return which records a call asks for: of which points of delivery, and of when.

    Raises:
        QueryMalformed: A parameter cannot be read.
    """
    pod_ids = tuple(dict.fromkeys(_convert(pod_id, _PodIds, "podId")))
    from_s, to_s = _seconds(from_, "from", EARLIEST_S), _seconds(to, "to", LATEST_S)
    if from_s >= to_s:
        raise QueryMalformed("from must be before to.", parameter="from")
    return Selection(scope, from_s, to_s, pod_ids)


async def _all_versions(
    versions: Annotated[
        str,
        Query(
            description="`all`: also the versions of intervals that were corrected",
            json_schema_extra=shown_as(_Versions),
        ),
    ] = "last",
) -> bool:
    """Return whether the caller asks for all versions; raises QueryMalformed for other words."""
    return bool(_convert(versions, _Versions, "versions") == "all")


AllVersions = Annotated[bool, Depends(_all_versions)]
"""The caller's choice between the versions that count, and all of them."""
_StepCount = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


async def _most_steps(
    steps: Annotated[
        str,
        Query(
            description="Most steps of a curve: as many as a picture can show",
            json_schema_extra=shown_as(_StepCount),
        ),
    ] = "1000",
) -> int:
    """Return the most steps that the caller asks for; raises QueryMalformed for no number."""
    if not steps.isdecimal():
        raise QueryMalformed(f"steps: {steps!r} is no whole number.", parameter="steps")
    return int(_convert(int(steps), _StepCount, "steps"))


MostSteps = Annotated[int, Depends(_most_steps)]
"""The most steps of a curve that the caller asks for."""
