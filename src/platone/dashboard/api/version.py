"""The page of a network's versions: what was added, removed and changed between two of them."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.heat_map import image_of
from platone.dashboard.api.page import Desk
from platone.dashboard.domain.version_file import CHANGES, change_rows
from platone.dashboard.service.visit import Visitor
from platone.messages.stored_network import NetworkChanges, StoredNetwork, StoredNetworks

_MOST = 500
"""Elements on a page: the file has all."""
_ROUTE = "/api/dso/networks"


def version_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a network's versions, and its picture and file."""

    @router.get("/grid/{network_id}/versions")
    async def get_versions(
        request: Request, network_id: str, before: str = "", after: str = ""
    ) -> Response:
        """Show what changed between two versions; without a choice between the last two."""
        visitor = await desk.visitor(request)
        versions = await _versions(visitor, network_id)
        before, after = _chosen([each.version for each in versions], before, after)
        found = await _changes(visitor, network_id, before, after) if before else None
        return desk.show(
            request,
            "versions.html.j2",
            visitor,
            network=network_id,
            versions=versions[::-1],
            before=before,
            after=after,
            found=found,
            changes=found.changes[:_MOST] if found is not None else [],
            asked=urlencode({"before": before, "after": after}),
        )

    @router.get("/grid/{network_id}/versions.csv")
    async def get_file(
        request: Request, network_id: str, before: str = "", after: str = ""
    ) -> Response:
        """Give what changed as a file, a line for each value that differs."""
        visitor = await desk.visitor(request)
        found = await _changes(visitor, network_id, before, after)
        stem = f"changes-{network_id}-{before}-{after}"
        return desk.file(stem, CHANGES, change_rows(found.changes))

    @router.get("/grid/{network_id}/versions.svg")
    async def get_image(
        request: Request, network_id: str, before: str = "", after: str = ""
    ) -> Response:
        """Draw the later version with what is new or different in it marked."""
        visitor = await desk.visitor(request)
        path = f"{_ROUTE}/{quote(network_id, safe='')}/picture"
        asked = {"format": "svg", "version": after, "changedSince": before}
        return await image_of(visitor, path, asked)


async def _versions(visitor: Visitor, network_id: str) -> list[StoredNetwork]:
    name = quote(network_id, safe="")
    await visitor.calls.fetch(f"{_ROUTE}/{name}")  # one that is not stored is refused by REST
    stored = await visitor.calls.get(_ROUTE, StoredNetworks)
    return [each for each in stored.networks if each.id == network_id]


async def _changes(visitor: Visitor, network_id: str, before: str, after: str) -> NetworkChanges:
    path = f"{_ROUTE}/{quote(network_id, safe='')}/changes"
    return await visitor.calls.get(path, NetworkChanges, {"before": before, "after": after})


def _chosen(versions: Sequence[str], before: str, after: str) -> tuple[str, str]:
    """Return the two versions that are compared: by default the last and the one before it."""
    after = after or versions[-1]
    earlier = versions[: versions.index(after)] if after in versions else []
    return before or next(reversed(earlier), ""), after
