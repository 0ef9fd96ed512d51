"""JSON-RPC 2.0: single calls, batches, notifications, and their error codes."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import msgspec

from platone.ledger.domain.problem import RpcError

_log = logging.getLogger(__name__)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
UNKNOWN_METHOD = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NO_FUNDS = -32000
NOT_SUPPORTED = -32004
LIMIT_EXCEEDED = -32005
REVERTED = 3
"""Codes of errors, of JSON-RPC 2.0 and of Ethereum (EIP-1474)."""

MAX_BATCH = 100
"""Calls in one batch: bounds the work of a request."""

Method = Callable[..., object]


class JsonRpc:
    """A server of calls by their methods; methods run on a thread, a few at a time.

    Args:
        methods: What can be called: functions of the call's positional parameters.
        at_once: How many calls run at the same time.
    """

    def __init__(self, methods: Mapping[str, Method], at_once: int = 2) -> None:
        self._methods = methods
        self._slots = asyncio.Semaphore(at_once)

    async def answer(self, raw: bytes) -> bytes:
        """Return the response to a request's body; empty where it holds notifications only."""
        try:
            request = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return msgspec.json.encode(_failure(None, RpcError(PARSE_ERROR, "this is no JSON")))
        if not isinstance(request, list):
            answer = await self._one(request)
            return b"" if answer is None else msgspec.json.encode(answer)
        if not request or len(request) > MAX_BATCH:
            error = RpcError(INVALID_REQUEST, f"a batch has 1 to {MAX_BATCH} calls")
            return msgspec.json.encode(_failure(None, error))
        answers = [await self._one(call) for call in request]
        told = [answer for answer in answers if answer is not None]
        return msgspec.json.encode(told) if told else b""

    async def _one(self, call: object) -> dict[str, object] | None:
        if not isinstance(call, dict) or not isinstance(call.get("method"), str):
            return _failure(None, RpcError(INVALID_REQUEST, "this is no JSON-RPC call"))
        number = call.get("id")
        try:
            result = await self._run(call["method"], call.get("params", []))
        except RpcError as error:
            return _failure(number, error) if "id" in call else None
        except Exception:  # noqa: BLE001 - the batch's other calls are still answered
            _log.exception("JSON-RPC %s failed", call["method"])
            return _failure(number, RpcError(INTERNAL_ERROR, "internal error"))
        return {"jsonrpc": "2.0", "id": number, "result": result} if "id" in call else None

    async def _run(self, name: str, params: object) -> object:
        method = self._methods.get(name)
        if method is None:
            raise RpcError(UNKNOWN_METHOD, f"the method {name} does not exist or is not available")
        if not isinstance(params, list):
            raise RpcError(INVALID_PARAMS, "parameters are given by position")
        async with self._slots:
            return await asyncio.to_thread(method, *params)


def _failure(number: object, error: RpcError) -> dict[str, object]:
    content: dict[str, object] = {"code": error.code, "message": error.message}
    if error.data is not None:
        content["data"] = error.data
    return {"jsonrpc": "2.0", "id": number, "error": content}
