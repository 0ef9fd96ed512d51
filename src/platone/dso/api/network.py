"""The routes of networks by identifier and version, and of the association of PoDs."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from platone.dso.api.caller import dso_or_auditor, only_dso
from platone.dso.api.schema import (
    Associations,
    NetworkRemark,
    NetworkSubmission,
    PodPom,
)
from platone.dso.service.association import AssociatePods, Association
from platone.dso.service.calculation.branch import branches_told
from platone.dso.service.calculation.network import changes_of, export_of
from platone.dso.service.network import FindNetwork, StoreNetwork
from platone.dso.service.network import StoredNetwork as Stored
from platone.grid.file.cim.clock import Clocks
from platone.grid.file.network_target import NetworkForm
from platone.grid.file.own_form import MAX_FILE_BYTES, NetworkFile
from platone.infra.calculation.job import JobResult
from platone.infra.http.job import LATER, LONGEST_S, CalculationDoor, Call, calling
from platone.infra.http.listing import asked_part
from platone.infra.http.problem import problem_of
from platone.infra.http.security import Principal
from platone.infra.http.wire import answer, body, documented, read_bounded
from platone.infra.listing import Part
from platone.messages.outage import NetworkChoice
from platone.messages.stored_network import (
    NetworkBranches,
    NetworkChanges,
    StoredNetwork,
    StoredNetworks,
)

_PAGE = 1000
"""Most versions or branches in one answer: some 150 kB."""
_OK, _CREATED = 200, 201
"""HTTP statuses of a version that was stored before, and of a new one."""
_ZIP, _XML = "application/zip", "application/xml"
_EXPORTED = {
    "application/json": '{"_module": "pandapower.auxiliary", "_class": "pandapowerNet"}',
    _ZIP: "",
}
"""The media types of exported networks, that of JSON with an example."""
_CIM_FILES = (_ZIP, _XML)
_TYPE_BY_START = {b"{": "application/json", b"<": _XML}


def network_router(
    store: StoreNetwork,
    find: FindNetwork,
    associate: AssociatePods,
    door: CalculationDoor,
    dso: str,
) -> APIRouter:
    """Make the routes of networks."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    _storing_route(router, store, door, dso)
    _reading_routes(router, find, dso)
    _branches_route(router, find, door, dso)
    _changes_route(router, find, door, dso)
    _export_route(router, find, door, dso)
    _association_route(router, associate, door, dso)
    return router


def _storing_route(router: APIRouter, store: StoreNetwork, door: CalculationDoor, dso: str) -> None:
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.put(
        "/networks/{network_id}",
        **documented(
            NetworkFile,
            NetworkSubmission,
            status=201,
            also={200: NetworkSubmission, **LATER},
            takes_files=_CIM_FILES,
            limit=MAX_FILE_BYTES,
        ),
    )
    async def put_network(
        call: writer_call,
        network_id: str,
        version: Annotated[
            str | None, Query(description="For CIM and pandapower files; default: the file's own")
        ] = None,
        clocks: Annotated[
            Clocks,
            Query(
                description="Whether clocks of CIM's transformers turn angles: as in the file's "
                "solved state, or in any case `counted` or `left-out`"
            ),
        ] = "solved",
    ) -> Response:
        """Store a version of a network and put it in force for all calculations.

        Takes our own JSON form, pandapower's JSON, and CIM (CGMES or CPSM) as zip. Every fault is
        named with its element. The same version again changes nothing; with another content it is
        refused: give it a new `version`.
        """
        content = await read_bounded(call.request, MAX_FILE_BYTES)

        async def stored() -> JobResult:
            return _stored(await store(network_id, content, version, clocks))

        return await door.answer(call, stored, patience_s=LONGEST_S)


def _reading_routes(router: APIRouter, find: FindNetwork, dso: str) -> None:
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]

    @router.get("/networks", **documented(gives=StoredNetworks))
    async def get_networks(
        _principal: reader, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List all stored versions, the one in force last."""
        stored, last = await find.networks.listed(part), await find.networks.last()
        rows = [
            StoredNetwork(id=key.id, version=key.version, in_force=key == last, stored_at=at)
            for key, at in stored.items
        ]
        return answer(StoredNetworks(networks=rows, next=stored.next))

    @router.get("/networks/{network_id}", **documented(gives=NetworkFile, gives_files=_CIM_FILES))
    async def get_network(
        _principal: reader,
        network_id: str,
        version: Annotated[str | None, Query(description="Default: the one stored last")] = None,
    ) -> Response:
        """Return a network file, byte for byte as it was stored."""
        content = await find.content(network_id, version)
        return Response(content, media_type=_TYPE_BY_START.get(content.lstrip()[:1], _ZIP))


def _branches_route(router: APIRouter, find: FindNetwork, door: CalculationDoor, dso: str) -> None:
    reader_call = Annotated[Call, Depends(calling(dso_or_auditor(dso)))]

    @router.get("/networks/{network_id}/branches", **documented(gives=NetworkBranches, also=LATER))
    async def get_branches(
        call: reader_call,
        network_id: str,
        part: Annotated[Part, asked_part(_PAGE)],
        version: Annotated[str | None, Query(description="Default: the one stored last")] = None,
    ) -> Response:
        """List the lines, transformers and windings of a network by identifier.

        These are what outages are asked for by, and what alarms and limits name.
        """
        network = await find(network_id, version)
        known = find.known_branches(network.key)
        if known is not None:  # however many calculations wait
            return answer(branches_told(network.key, known, part))

        async def told() -> JobResult:
            outline = await find.outline(network, urgent=True)
            found = branches_told(network.key, outline.branches, part)
            return JobResult(msgspec.json.encode(found))

        return await door.answer(call, told, patience_s=LONGEST_S)


def _changes_route(router: APIRouter, find: FindNetwork, door: CalculationDoor, dso: str) -> None:
    reader_call = Annotated[Call, Depends(calling(dso_or_auditor(dso)))]

    @router.get("/networks/{network_id}/changes", **documented(gives=NetworkChanges, also=LATER))
    async def get_changes(
        call: reader_call,
        network_id: str,
        before: Annotated[str, Query(description="The earlier version")],
        after: Annotated[str | None, Query(description="Default: the one stored last")] = None,
    ) -> Response:
        """Tell what differs between two stored versions: elements added, removed and changed.

        Versions are compared as they were stored, not as they are switched now.
        """

        async def told() -> JobResult:
            old, new = await find(network_id, before), await find(network_id, after)
            _, found = await door.jobs.calculate(changes_of, old, new)
            return JobResult(found)

        return await door.answer(call, told, patience_s=LONGEST_S)


def _export_route(router: APIRouter, find: FindNetwork, door: CalculationDoor, dso: str) -> None:
    reader_call = Annotated[Call, Depends(calling(dso_or_auditor(dso)))]

    @router.get(
        "/networks/{network_id}/export",
        **documented(gives_files=_EXPORTED, also=LATER),
    )
    async def get_export(
        call: reader_call,
        network_id: str,
        form: Annotated[NetworkForm, Query()],
        version: Annotated[str | None, Query(description="Default: the one stored last")] = None,
    ) -> Response:
        """Return a network as switched now: pandapower's JSON, or CGMES (EQ, TP, SSH) in a zip."""

        async def exported() -> JobResult:
            network = await find(network_id, version)
            _, content = await door.jobs.calculate(export_of, network, form)
            return JobResult(content)

        return await door.answer(call, exported, patience_s=LONGEST_S)


def _association_route(
    router: APIRouter, associate: AssociatePods, door: CalculationDoor, dso: str
) -> None:
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.post("/podAssociation", **documented(NetworkChoice, Associations, also=LATER))
    async def post_association(
        call: writer_call, choice: Annotated[NetworkChoice, body(NetworkChoice)]
    ) -> Response:
        """Compute which point of measurement feeds each PoD, and tell customers (flow 0A)."""

        async def associated() -> JobResult:
            return _associated(await associate(choice.network_id, choice.version))

        return await door.answer(call, associated)


def _stored(stored: Stored) -> JobResult:
    result = NetworkSubmission(
        id=stored.submission.id,
        status=stored.submission.status,
        remarks=[NetworkRemark(element=r.element, reason=r.reason) for r in stored.remarks],
    )
    return JobResult(msgspec.json.encode(result), _CREATED if result.is_new else _OK)


def _associated(found: Association) -> JobResult:
    pairs = [PodPom(pod_id=pod, po_m_id=pom) for pod, pom in found.associated.items()]
    result = Associations(
        network_id=found.network_id,
        version=found.version,
        associations=pairs,
        not_registered=found.not_registered,
        not_on_network=found.not_on_network,
        refused={pod: problem_of(problem) for pod, problem in found.refused.items()},
    )
    return JobResult(msgspec.json.encode(result))
