"""A client of an Ethereum node's JSON-RPC for the event loop: bounded, with deadlines."""

import itertools
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import httpx

from platone.ledger.domain.problem import ChainUnavailable, RpcError

_DEADLINE_S = 15.0
"""Time for a call, s: a node answers in milliseconds, a search of events in seconds."""
_MOST_BYTES = 64 * 1024 * 1024
"""Longest answer, bytes: all receipts of a full block of a public network are some megabytes."""


class NodeRpc:
    """Calls of one node.

    Args:
        url: Where its JSON-RPC is served.
        ca_file: Certificates of authorities that it is trusted by; empty: the system's.
    """

    def __init__(self, url: str, ca_file: str = "") -> None:
        parts = urlsplit(url)
        self.place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._url = url
        self._ids = itertools.count(1)
        trusted = ssl.create_default_context(cafile=ca_file or None)
        self._http = httpx.AsyncClient(verify=trusted, timeout=_DEADLINE_S, trust_env=False)

    async def call(self, method: str, *params: object) -> Any:
        """Return the result of a call.

        Raises:
            RpcError: The node refuses it.
            ChainUnavailable: It gives no answer that can be read.
        """
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            answer = json.loads(await self._content(request))
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise ChainUnavailable(f"{self.place} gives no answer: {_told(error)}.") from error
        if not isinstance(answer, dict):
            raise ChainUnavailable(f"{self.place} does not speak JSON-RPC.")
        if (failure := answer.get("error")) is not None:
            told = failure if isinstance(failure, dict) else {"message": str(failure)}
            code = told.get("code")
            number = code if isinstance(code, int) else 0
            raise RpcError(number, str(told.get("message", ""))[:500], told.get("data"))
        if "result" not in answer:
            raise ChainUnavailable(f"{self.place} answers without a result.")
        return answer["result"]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _content(self, request: object) -> bytes:
        content = bytearray()
        async with self._http.stream("POST", self._url, json=request) as answer:
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _MOST_BYTES:
                    raise ValueError(f"it is longer than {_MOST_BYTES} bytes")
        if not answer.is_success and not content.startswith(b"{"):
            raise ValueError(f"status {answer.status_code}")
        return bytes(content)


def _told(error: Exception) -> str:
    """Return an error in words; the address, which may hold a key, is not in them."""
    if isinstance(error, httpx.TimeoutException):
        return f"none within {_DEADLINE_S:.0f} s"
    return str(error) or type(error).__name__
