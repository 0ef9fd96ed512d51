"""A client of any Ethereum JSON-RPC over HTTP, for asking a chain about a proof.

It stands on the standard library alone: whoever checks a proof installs little.
"""

import itertools
import json
import ssl
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

from platone.ledger.domain.problem import RpcUnavailable

_TIMEOUT_S = 20.0
"""A public endpoint answers within a few seconds; more than that, and nobody is there."""


class HttpRpc:
    """A caller of one JSON-RPC address.

    Args:
        url: Where the chain's JSON-RPC is served, such as ``https://127.0.0.1:8443/rpc``.
        ca_file: The authority that the server's certificate must chain to; the system's where
            omitted.
    """

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        self._url = url
        self._trusted = ssl.create_default_context(cafile=ca_file)
        self._ids = itertools.count(1)

    def call(self, method: str, *params: object) -> Any:
        """Return the result of a call.

        Raises:
            RpcUnavailable: There is none.
        """
        if not self._url.startswith(("https://", "http://")):
            raise RpcUnavailable(f"{self._url} is no https or http address")
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        content = json.dumps(request).encode()
        sent = Request(self._url, content, {"Content-Type": "application/json"})  # noqa: S310 - see above
        try:
            with urlopen(sent, timeout=_TIMEOUT_S, context=self._trusted) as found:  # noqa: S310 - see above
                answer = json.load(found)
        except (OSError, HTTPException, ValueError) as error:
            hint = "; name its authority with --ca" if "CERTIFICATE_VERIFY" in str(error) else ""
            raise RpcUnavailable(f"{self._url} gives no answer ({error}){hint}") from error
        if not isinstance(answer, dict) or "result" not in answer:
            said = answer.get("error") if isinstance(answer, dict) else answer
            raise RpcUnavailable(f"{method} failed: {said}")
        return answer["result"]
