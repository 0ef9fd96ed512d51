"""A client of any Ethereum JSON-RPC over HTTP, for asking a chain about a proof."""

import itertools
import ssl
from typing import Any, Self

import httpx

from platone.ledger.domain.problem import RpcUnavailable

_TIMEOUT_S = 20.0
"""Seconds until a chain counts as not answering."""


class HttpRpc:
    """A client of one JSON-RPC URL; a context manager.

    Args:
        url: Where the chain's JSON-RPC is served, such as ``https://127.0.0.1:8443/rpc``.
        ca_file: The authority that the server's certificate must chain to; the system's where
            omitted.
    """

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        self._url = url
        trusted = ssl.create_default_context(cafile=ca_file)
        self._http = httpx.Client(timeout=_TIMEOUT_S, verify=trusted)
        self._ids = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, *params: object) -> Any:
        """Return the result of a call.

        Raises:
            RpcUnavailable: There is none.
        """
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            answer = self._http.post(self._url, json=request).json()
        except (httpx.HTTPError, ValueError) as error:
            hint = "; name its authority with --ca" if "CERTIFICATE_VERIFY" in str(error) else ""
            raise RpcUnavailable(f"{self._url} gives no answer ({error}){hint}") from error
        if not isinstance(answer, dict) or "result" not in answer:
            said = answer.get("error") if isinstance(answer, dict) else answer
            raise RpcUnavailable(f"{method} failed: {said}")
        return answer["result"]
