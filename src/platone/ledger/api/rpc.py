"""The chain itself over HTTP: its identity, and Ethereum's JSON-RPC for ordinary tools."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from platone.infra.http.wire import answer, documented, read_bounded
from platone.ledger.service.json_rpc import JsonRpc
from platone.messages.base import Message
from platone.messages.chain import ChainIdentity


class RpcCall(Message):
    """A call of JSON-RPC 2.0.

    Attributes:
        jsonrpc: The version of the protocol.
        method: What is called, such as `eth_getBlockByNumber`.
        params: The parameters by position.
        id: A number or text that the answer repeats; without it there is no answer.
    """

    jsonrpc: Literal["2.0"] = "2.0"
    method: str
    params: tuple[Any, ...] = ()
    id: int | str | None = None


class RpcResult(Message, omit_defaults=True):
    """The answer to a call: a result or an error.

    Attributes:
        jsonrpc: The version of the protocol.
        id: What the call had.
        result: What the method returns.
        error: Why it does not: `code`, `message`, and sometimes `data`.
    """

    jsonrpc: Literal["2.0"]
    id: Any
    result: Any = None
    error: dict[str, Any] | None = None


Identify = Callable[[], Awaitable[ChainIdentity]]
"""Returns the identity of the chain."""
_LIMIT_BYTES = 1024 * 1024
"""Bytes of a request: a hundred calls are about 50 kB."""


def chain_router(identify: Identify) -> APIRouter:
    """Return the route of the chain's identity, which needs no token: anybody may check a proof."""
    router = APIRouter(tags=["chain"])

    @router.get("/api/chain", **documented(gives=ChainIdentity))
    async def get_chain() -> Response:
        """Show the identity of this market's chain, with which a proof is compared.

        A copy that came by another way, such as with a contract, is worth more than this answer.
        """
        return answer(await identify())

    return router


def rpc_router(rpc: JsonRpc) -> APIRouter:
    """Return the route POST /rpc. It needs no token: the chain holds nothing personal."""
    router = APIRouter(tags=["chain"])

    @router.post(
        "/rpc",
        **documented(
            (RpcCall, list[RpcCall]),
            (RpcResult, list[RpcResult]),
            also={204: None},
            limit=_LIMIT_BYTES,
        ),
    )
    async def post_rpc(request: Request) -> Response:
        """Answer a JSON-RPC 2.0 call, or a batch of them."""
        content = await rpc.answer(await read_bounded(request, _LIMIT_BYTES))
        return Response(content, 200 if content else 204, media_type="application/json")

    return router
