"""The page of rights: what the visitor's role may read, and for what."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.right import COLUMNS, columns_of, data_rights


def right_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of rights."""

    @router.get("/rights")
    async def get_rights(request: Request) -> Response:
        """Show what the visitor's roles may read and why, and then what all roles may."""
        visitor = await desk.visitor(request)
        if is_household(visitor):  # who reads its data stands there in its language
            return go_to("/app/choices")
        return desk.show(
            request,
            "rights.html.j2",
            visitor,
            own=columns_of(visitor.principal.roles),
            columns={column: told for column, (_, told) in COLUMNS.items()},
            rights=data_rights(),
        )
