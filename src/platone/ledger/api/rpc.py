"""Ethereum's JSON-RPC over HTTP: public reads of the chain, for ordinary tools."""

from fastapi import APIRouter, Request, Response

from platone.infra.http.wire import documented, read_bounded
from platone.ledger.service.json_rpc import JsonRpc

_LIMIT_BYTES = 1024 * 1024
"""Bytes of a request: a hundred calls are about 50 kB."""


def rpc_router(rpc: JsonRpc) -> APIRouter:
    """Return the route POST /rpc. It needs no token: the chain holds nothing personal."""
    router = APIRouter(tags=["chain"])

    @router.post("/rpc", **documented())
    async def post_rpc(request: Request) -> Response:
        """Answer a JSON-RPC 2.0 call, or a batch of them."""
        content = await rpc.answer(await read_bounded(request, _LIMIT_BYTES))
        return Response(content, 200 if content else 204, media_type="application/json")

    return router
