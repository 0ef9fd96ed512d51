"""A load balancer before workers, as a site has one: it ends TLS, and leaves out who is silent."""

import asyncio
import itertools
import ssl
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_OWN = {"content-length", "transfer-encoding", "connection", "host", "content-encoding"}
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
_SILENT_S = 10.0
"""How long a worker may be silent before another one is asked, s."""


class LoadBalancer:
    """Passes requests on to workers in turn; every call may be made twice.

    What moves a simulated clock goes to all of them: each has its own.

    Args:
        port: Where it listens.
        authority: What the workers' certificates are signed by.
        certificate: Its certificate and key.
    """

    def __init__(self, port: int, authority: Path, certificate: tuple[Path, Path]) -> None:
        self._trust = ssl.create_default_context(cafile=str(authority))
        self.workers: tuple[str, ...] = ()
        self._turn = itertools.count()
        self.passed: dict[str, int] = {}
        app = Starlette(routes=[Route("/{path:path}", self._pass_on, methods=_METHODS)])
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="error",
            ssl_certfile=certificate[0],
            ssl_keyfile=str(certificate[1]),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with httpx.AsyncClient(verify=self._trust, timeout=_SILENT_S) as self._http:
            await self._server.serve()

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(30)

    async def _pass_on(self, request: Request) -> Response:
        body = await request.body()
        workers = self.workers
        first = next(self._turn)
        answer: Response | None = None
        for worker in (*workers[first % len(workers) :], *workers[: first % len(workers)]):
            try:
                answer = await self._ask(worker, request, body)
            except httpx.TransportError:
                continue
            self.passed[worker] = self.passed.get(worker, 0) + 1
            if (request.method, request.url.path) != ("PUT", "/api/clock"):
                return answer
        return answer or Response(status_code=502)

    async def _ask(self, worker: str, request: Request, body: bytes) -> Response:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = [each for each in request.headers.items() if each[0] not in _OWN]
        asked = self._http.build_request(
            request.method, worker + path, content=body, headers=headers
        )
        told = await self._http.send(asked, stream=True)
        passed = {name: told.headers[name] for name in told.headers if name not in _OWN}
        if "text/event-stream" not in told.headers.get("content-type", ""):
            try:
                return Response(await told.aread(), told.status_code, passed)
            finally:
                await told.aclose()

        async def events() -> AsyncIterator[bytes]:
            try:
                async for chunk in told.aiter_bytes():
                    yield chunk
            except httpx.TransportError:
                return  # the reader asks again
            finally:
                await told.aclose()

        return StreamingResponse(events(), told.status_code, passed)
