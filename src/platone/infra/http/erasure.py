"""The route by which a context is told to erase what it keeps of a person."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Role
from platone.messages.erasure import ErasureOrder, ErasurePart

Erase = Callable[[ErasureOrder], Awaitable[ErasurePart]]


def erasure_router(path: str, erase: Erase, *tags: str) -> APIRouter:
    """Make the route of a context's part of erasures, which the customer database calls.

    Args:
        path: The route's path.
        erase: Erases what the context keeps, as far as nothing holds it up.
        tags: The context's tag, where it is not its router's anyway.
    """
    router = APIRouter(tags=list(tags))

    @router.post(path, **documented(ErasureOrder, ErasurePart))
    async def post_erasure(
        _principal: Annotated[Principal, Depends(require(Role.METERED_DATA_ADMINISTRATOR))],
        order: Annotated[ErasureOrder, body(ErasureOrder)],
    ) -> Response:
        """Erase what this context keeps of points of delivery, or tell what it waits for.

        The customer database asks again until it is done; what is done stays done.
        """
        return answer(await erase(order))

    return router
