"""The socket at which CometBFT asks the application; one thread answers, in order."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from platone.infra.ending import end_tasks
from platone.ledger.adapters.consensus import abci
from platone.ledger.adapters.consensus.abci import Ask
from platone.ledger.adapters.consensus.application import Application
from platone.ledger.domain import protobuf
from platone.ledger.domain.consortium_problem import SoftwareOutdated

_log = logging.getLogger(__name__)
MAX_REQUEST_BYTES = 32 * 1024 * 1024
"""Bytes of a request: a block of CometBFT has at most 4 MB as its genesis says, and a proposal may
choose from several times as much."""
_ACCEPT, _REJECT = 1, 2
"""How a proposed block is judged."""

Tell = Callable[[], None]
End = Callable[[Exception], None]


class Listener:
    """Answers CometBFT's requests.

    Args:
        application: The application.
        version: Its version, as CometBFT shows it.
        tell: Called after each block that is kept.
        end: Called where the application can take no further part, with the reason.
    """

    def __init__(self, application: Application, version: str, tell: Tell, end: End) -> None:
        self._application = application
        self._version = version
        self._tell, self._end = tell, end
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="application")
        self._answers: dict[Ask, Callable[[protobuf.Fields], bytes]] = {
            Ask.ECHO: lambda fields: protobuf.octets(1, protobuf.first(fields, 1, b"")),
            Ask.INFO: self._info,
            Ask.INIT_CHAIN: self._begin,
            Ask.CHECK_TX: self._check,
            Ask.PREPARE_PROPOSAL: self._propose,
            Ask.PROCESS_PROPOSAL: self._judge,
            Ask.FINALIZE_BLOCK: self._execute,
            Ask.COMMIT: self._commit,
        }
        self._served: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self, path: Path) -> None:
        """Listen at a socket's path."""
        self._server = await asyncio.start_unix_server(self._serve, path)

    async def close(self) -> None:
        """End all connections, and finish what is being executed."""
        if self._server is not None:
            self._server.close()
        await end_tasks(self._served)
        self._thread.shutdown()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._served.add(task)
            task.add_done_callback(self._served.discard)
        try:
            while True:
                request = await _read(reader)
                writer.write(await self._answer(request))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # CometBFT has ended; whoever supervises it knows why
        except protobuf.ProtobufInvalid:
            _log.exception("CometBFT sent what is no request")
        finally:
            writer.close()

    async def _answer(self, request: bytes) -> bytes:
        ask, fields = abci.read_request(request)
        loop = asyncio.get_running_loop()
        try:
            content = await loop.run_in_executor(self._thread, self._content, ask, fields)
            form = abci.response(ask, content)
        except SoftwareOutdated as error:
            self._end(error)
            form = abci.exception(error.detail)
        except Exception as error:  # noqa: BLE001 - CometBFT hears it, and ends
            _log.exception("The application failed at %s", ask.name)
            form = abci.exception(str(error) or repr(error))
        else:
            if ask is Ask.COMMIT:
                self._tell()
        return protobuf.varint(len(form)) + form

    def _content(self, ask: Ask, fields: protobuf.Fields) -> bytes:
        answer = self._answers.get(ask)
        return b"" if answer is None else answer(fields)  # snapshots and the like: none are offered

    def _info(self, _fields: protobuf.Fields) -> bytes:
        return abci.info(self._application.height, self._application.app_hash, self._version)

    def _begin(self, _fields: protobuf.Fields) -> bytes:
        return protobuf.octets(3, self._application.app_hash)

    def _check(self, fields: protobuf.Fields) -> bytes:
        content, again = protobuf.first(fields, 1, b""), bool(protobuf.first(fields, 2, 0))
        return self._application.check(content, again=again).encode()

    def _propose(self, fields: protobuf.Fields) -> bytes:
        taken = self._application.propose(*abci.proposed(fields))
        return b"".join(protobuf.inner(1, content) for content in taken)

    def _judge(self, fields: protobuf.Fields) -> bytes:
        is_good = self._application.judge(abci.decided(fields))
        return protobuf.number(1, _ACCEPT if is_good else _REJECT)

    def _execute(self, fields: protobuf.Fields) -> bytes:
        executed, powers, app_hash = self._application.execute(abci.decided(fields))
        return abci.finalized(executed.results, powers, app_hash)

    def _commit(self, _fields: protobuf.Fields) -> bytes:
        self._application.commit()
        return b""


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Return the next message: its length stands before it."""
    head = b""
    while not head or head[-1] & 0x80:
        head += await reader.readexactly(1)
        if len(head) > 5:  # noqa: PLR2004 - five bytes tell more than the bound
            break
    length, _ = protobuf.read_varint(head, 0)
    if length > MAX_REQUEST_BYTES:
        raise protobuf.ProtobufInvalid(f"A request has at most {MAX_REQUEST_BYTES} bytes.")
    return await reader.readexactly(length)
