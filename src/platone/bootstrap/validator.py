"""A validator: the application, CometBFT beside it, and an Ethereum JSON-RPC door, as one process.

CometBFT is started again when it ends. It is also started anew after a change of the members, for
it lets in those that its settings name. A validator that differs from the others stops for good.
"""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import uvicorn
from fastapi import FastAPI

from platone import __version__
from platone.bootstrap.consortium import (
    CHAIN,
    HOME,
    keep_consortium,
    own_member,
    read_consortium,
)
from platone.bootstrap.folder_lock import FolderLock
from platone.bootstrap.problem import ServerFailed
from platone.infra.bounded_listener import listen
from platone.infra.ending import end_part, end_undisturbed, exit_within
from platone.infra.http.deadline import DeadlineProtocol
from platone.infra.http.problem import install_problems
from platone.infra.http.server import DeadlineServer
from platone.infra.log import write_log
from platone.infra.supervision import Supervisor
from platone.ledger.adapters.consensus.application import Application
from platone.ledger.adapters.consensus.client import CometClient
from platone.ledger.adapters.consensus.cometbft import CometBft, Doors, check_program
from platone.ledger.adapters.consensus.door import ValidatorDoor
from platone.ledger.adapters.consensus.listener import Listener
from platone.ledger.adapters.consensus.member_keys import MemberVoucher, validator_secret
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.api.rpc import rpc_router
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid, ValidatorDiffers
from platone.ledger.domain.membership import Member
from platone.ledger.service.json_rpc import JsonRpc

_log = logging.getLogger(__name__)
_APART_S = 3.0
"""Time between two members' new starts after a change, s: never two of them at once are away."""
_STOP_S = 20.0
"""Time for an end in order, s."""
_CONNECTIONS = 200
"""Connections at the door: a member's own servers, and who checks a proof."""
_CALLS = 8
"""Calls that run at once: some wait for CometBFT."""


@dataclass(frozen=True, slots=True)
class ValidatorOrder:
    """A validator that is to be started: its folder, its program and its doors.

    Attributes:
        folder: The member's folder.
        program: CometBFT's program.
        peers: Where other validators reach it: host and port to listen on.
        host: Where the Ethereum JSON-RPC listens.
        port: And its port; 0 takes a free one.
        certificate: PEM file of the door's certificate; none: it speaks HTTP.
        key: PEM file of its key.
    """

    folder: Path
    program: str
    peers: str
    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


def run_validator(order: ValidatorOrder) -> None:
    """Run a validator until it is interrupted.

    Raises:
        ConsortiumInvalid: The folder has joined no consortium, or is no member's any more.
        ValidatorDiffers: The others agreed something else than this validator comes to.
        SoftwareOutdated: The members agreed a contract's code that this software does not know.
        ServerFailed: Another process has the folder, or an address cannot be listened on.
        BlockTampered: The chain's file was altered.
        ValidatorStopped: There is no CometBFT of the right version.
    """
    folder = order.folder
    consortium = read_consortium(folder)
    own_member(folder, consortium)
    check_program(order.program)
    write_log("plain", "info")
    lock = FolderLock(folder)
    try:
        with contextlib.closing(_listen(order)) as listener:
            asyncio.run(_run(order, consortium, listener))
    finally:
        lock.release()


async def _run(order: ValidatorOrder, consortium: Consortium, listener: socket.socket) -> None:
    # uvicorn ends at SIGTERM, and then raises it again: this process is to end in order first
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
    with tempfile.TemporaryDirectory(prefix="platone-") as sockets:  # a short path, its owner's
        validator = Validator(order, consortium, Path(sockets))
        try:
            await validator.start()
            await _serve(order, validator, listener)
        finally:
            exit_within(_STOP_S)
            await end_undisturbed(validator.stop())
    if validator.failure is not None:
        raise validator.failure


async def _serve(order: ValidatorOrder, validator: "Validator", listener: socket.socket) -> None:
    config = uvicorn.Config(
        validator.app,
        ssl_certfile=order.certificate,
        ssl_keyfile=order.key,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        http=DeadlineProtocol,
        ws="none",
    )
    config.load()
    server = DeadlineServer(config)
    scheme = "https" if order.certificate else "http"
    told = f"{validator.name} listens on {scheme}://{order.host}:{listener.getsockname()[1]}/rpc"
    sys.stdout.write(told + "\n")
    sys.stdout.flush()
    async with _ended_with(validator, server):
        await server.serve(sockets=[listener])


@contextlib.asynccontextmanager
async def _ended_with(validator: "Validator", server: uvicorn.Server) -> AsyncIterator[None]:
    """End a server when the validator ends by itself."""

    async def follow() -> None:
        await validator.ended.wait()
        server.should_exit = True

    task = asyncio.create_task(follow())
    try:
        yield
    finally:
        task.cancel()


class Validator:
    """A running validator.

    Args:
        order: What is to be started.
        consortium: The consortium of its folder.
        sockets: A folder for sockets between it and CometBFT.

    Attributes:
        name: The member.
        app: The ASGI application of the door.
        ended: Set when it has ended by itself.
        failure: Why; None where it was interrupted.
    """

    def __init__(self, order: ValidatorOrder, consortium: Consortium, sockets: Path) -> None:
        self._folder = order.folder
        self._consortium = consortium
        self.name = own_member(order.folder, consortium).name
        founding = msgspec.structs.replace(consortium, changes=[])
        doors = Doors(sockets / "application", sockets / "rpc", order.peers)
        self._store = ValidatorStore(order.folder / CHAIN)
        self._reader = ValidatorStore(order.folder / CHAIN, read_only=True)
        voucher = MemberVoucher(validator_secret(order.folder / HOME))
        self._application = Application(self._store, founding, voucher)
        self._listener = Listener(self._application, __version__, self._kept, self._end)
        self._comet = CometBft(order.program, order.folder / HOME, doors)
        self._client = CometClient(doors.rpc)
        self._founding, self._doors = founding, doors
        self._supervisor = Supervisor("validator")
        self._known = len(self._application.consortium.changes)
        self._changed_at: int | None = None
        self._peers: list[Member] = []
        self._restart: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()
        self.failure: Exception | None = None
        self.app = self._door()

    def _door(self) -> FastAPI:
        version = f"platone-validator/{__version__}"
        door = ValidatorDoor(self._reader, self._client, self._founding, version)
        app = FastAPI(openapi_url=None)
        app.include_router(rpc_router(JsonRpc(door.methods(), at_once=_CALLS)))
        install_problems(app)
        return app

    async def start(self) -> None:
        """Begin to take part.

        Raises:
            SoftwareOutdated: The members agreed a contract's code that this software does not know.
        """
        self._application.check_software()
        await self._listener.open(self._doors.application)
        self._supervisor.start("cometbft", self._turn)

    async def stop(self) -> None:
        """End CometBFT, then the application."""
        if self._restart is not None:
            self._restart.cancel()
        await self._supervisor.stop()
        await end_part("CometBFT", self._comet.end())
        await end_part("the application", self._listener.close())
        self._client.close()
        self._reader.close()
        self._store.close()

    async def _turn(self) -> None:
        """Run CometBFT until it ends."""
        self._peers = self._peers_in(self._newest())
        self._comet.write_files(self._founding, self._peers)
        try:
            await self._comet.run()
        except ValidatorDiffers as error:
            self._end(error)
            await asyncio.get_running_loop().create_future()  # nothing more is done

    def _peers_in(self, consortium: Consortium) -> list[Member]:
        return [each for each in consortium.members if each.name != self.name]

    def _newest(self) -> Consortium:
        """Return the consortium as the file has it or as the chain has it: whichever knows more.

        A validator that begins anew knows of its own invitation by the file only.
        """
        found = self._application.consortium
        if len(found.changes) > len(self._consortium.changes):
            self._consortium = found
            keep_consortium(self._folder, found)
        return self._consortium

    def _kept(self) -> None:
        """Take note of a height that is kept: the consortium may have changed.

        A change counts from the height after the next one, which is made at once, since a change
        makes a block. So peers are let in, or out, and a removed member ends, after that one.
        """
        application = self._application
        count, height = len(application.consortium.changes), application.height
        if count > self._known and self._changed_at is None:
            self._changed_at = height
        if self._changed_at is None or height <= self._changed_at:
            return
        self._known, self._changed_at = count, None
        newest = self._newest()
        self._warn()
        if all(each.name != self.name for each in newest.members):
            self._end(ConsortiumInvalid(f"{self.name} was removed from the consortium."))
        elif self._peers_in(newest) != self._peers:
            self._restart = asyncio.create_task(self._start_anew(newest))

    def _warn(self) -> None:
        for each in self._application.unknown_upgrades():
            _log.warning(
                "from block %d on %s has a code that this software does not know: install a version"
                " that knows %s before",
                each.from_block,
                each.contract,
                each.new_code,
            )

    async def _start_anew(self, consortium: Consortium) -> None:
        names = [each.name for each in consortium.members]
        await asyncio.sleep(_APART_S * names.index(self.name))
        _log.info("the members have changed: %s; CometBFT is started anew", ", ".join(names))
        await self._comet.end()

    def _end(self, failure: Exception) -> None:
        self.failure = self.failure or failure  # what follows from the first is not the reason
        self.ended.set()


def _listen(order: ValidatorOrder) -> socket.socket:
    try:
        return listen(order.host, order.port, most=_CONNECTIONS, most_by_address=_CONNECTIONS)
    except OSError as error:
        place = f"{order.host}:{order.port}"
        raise ServerFailed(f"{place} cannot be listened on: {error.strerror}.") from error
