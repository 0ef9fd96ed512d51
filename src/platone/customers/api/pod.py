"""The routes of points of delivery: registration, association, reading."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from platone.customers.api.query import Readership
from platone.customers.service.registration import AssociatePom, ReadPods, RegisterPods
from platone.infra.http.listing import asked_part
from platone.infra.http.problem import tells
from platone.infra.http.security import Principal, only_operator, require
from platone.infra.http.turns import take_in_parts
from platone.infra.http.wire import (
    AT_ONCE_BYTES,
    BULK_BYTES,
    BodyTooLarge,
    answer,
    body,
    decode,
    decode_checked,
    documented,
    limited,
    overlook,
    read_bounded,
)
from platone.infra.listing import Part
from platone.kernel.errors import MalformedMessage
from platone.kernel.record_time import InstantOutOfRange
from platone.messages.base import Role, Submission, Submissions
from platone.messages.registry import (
    MAX_SERIES,
    PodPage,
    PodRegistry,
    PointOfDelivery,
    PomAssociation,
)

_PAGE, _MOST = 1_000, 10_000
"""Points of delivery in one answer, and how many may be asked for: some 300 kB and 3 MB."""
_Provider = Annotated[Principal, Depends(require(Role.FLEXIBILITY_SERVICE_PROVIDER))]
_WHOLE = frozenset(
    {
        Role.SYSTEM_OPERATOR,
        Role.MARKET_OPERATOR,
        Role.METERED_DATA_ADMINISTRATOR,
        Role.AUDITOR,
    }
)
"""The roles that see all registrations: the grid's, the market's and the meters' operators."""
_List = Annotated[list[PointOfDelivery], msgspec.Meta(max_length=MAX_SERIES)]


class _RegistryShape(msgspec.Struct):
    """A body that is a registry of many where ``pods`` stands in it."""

    pods: msgspec.Raw = msgspec.Raw(b"")


@tells(MalformedMessage, BodyTooLarge, InstantOutOfRange)
@limited(BULK_BYTES)
async def _read_pods(request: Request) -> PointOfDelivery | list[PointOfDelivery]:
    """Read one point of delivery, a list of them, or ``{"pods": […]}`` from a body."""
    raw = await read_bounded(request, BULK_BYTES)
    if raw.lstrip()[:1] == b"[":
        if len(raw) <= AT_ONCE_BYTES:
            return decode(raw, _List)
        raw = b'{"pods":%b}' % raw
    if bytes(decode(raw, _RegistryShape).pods):
        registry: PodRegistry = await decode_checked(raw, PodRegistry, overlook)
        return registry.pods
    return decode(raw, PointOfDelivery)


_Body = Annotated[PointOfDelivery | list[PointOfDelivery], Depends(_read_pods)]


def pod_router(
    register: RegisterPods, associate: AssociatePom, read: ReadPods, dso: str
) -> APIRouter:
    """Make the routes of points of delivery."""
    router = APIRouter(prefix="/api/scd/pods", tags=["customers"])
    _writing_routes(router, register, associate, dso)
    _reading_routes(router, read, Readership(_WHOLE, dso))
    return router


def _writing_routes(
    router: APIRouter, register: RegisterPods, associate: AssociatePom, dso: str
) -> None:
    operator = Annotated[Principal, Depends(only_operator(dso, require(Role.SYSTEM_OPERATOR)))]
    one_or_many = (PointOfDelivery, PodRegistry, list[PointOfDelivery])

    @router.post(
        "", **documented(one_or_many, Submission, status=201, also={200: (Submission, Submissions)})
    )
    async def post_pods(principal: _Provider, pods: _Body) -> Response:
        """Register one point of delivery, or many (a list, or `{"pods": […]}`).

        The caller is the aggregator that each names. `actionType` says what to do: `activate`
        (registers), `modify` (a new version), `delete` (ends it at once; records of before stay).
        Of many, each has its own result, and the answer is 200. `poMId` is the DSO's and not
        taken from here.
        """
        if isinstance(pods, list):
            results = await take_in_parts(register.many, pods, principal.party_id)
            return answer(Submissions(results=results))
        result = await register.one(pods, principal.party_id)
        return answer(result, 201 if result.is_new else 200)

    @router.put("/{pod_id}/pom", **documented(PomAssociation, Submission))
    async def put_pom(
        principal: operator,
        pod_id: str,
        association: Annotated[PomAssociation, body(PomAssociation)],
    ) -> Response:
        """Say which point of measurement feeds a point of delivery (flow 0A); the DSO only."""
        return answer(await associate(pod_id, association.po_m_id, principal.party_id))


def _reading_routes(router: APIRouter, read: ReadPods, readership: Readership) -> None:
    reader = Annotated[Principal, Depends(readership.reader())]

    @router.get("", **documented(gives=PodPage))
    async def get_pods(
        principal: reader,
        part: Annotated[Part, asked_part(_PAGE, _MOST)],
        pom: Annotated[str | None, Query(alias="poMId")] = None,
        ended: Annotated[str, Query(description='"true": ended ones too')] = "false",
    ) -> Response:
        """List the points of delivery that the caller may see: an owner or a customer its own."""
        found = await read.many(
            readership.scope(principal), part, po_m_id=pom, with_ended=ended == "true"
        )
        return answer(PodPage(pods=found.items, next=found.next))

    @router.get("/{pod_id}", **documented(gives=PointOfDelivery))
    async def get_pod(principal: reader, pod_id: str) -> Response:
        """Show one point of delivery; `actionType` is `delete` where it has ended."""
        return answer(await read.one(pod_id, readership.scope(principal)))
