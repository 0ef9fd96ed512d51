"""Real validators for the tests: each a process of its own, with CometBFT beside it."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.component import program_or_skip

from platone.bootstrap.consortium import found_consortium, init_member, join_consortium
from platone.cli import main
from platone.infra.free_port import free_port
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.consensus.abci import Proposal
from platone.ledger.adapters.consensus.application import Application, Executed
from platone.ledger.adapters.evm import contract_version
from platone.ledger.adapters.rpc_client import HttpRpc
from platone.ledger.domain.problem import RpcUnavailable
from platone.ledger.domain.transaction import Transaction

CHAIN_ID = 864300
NAMES = ("Market operator", "DSO", "TSO", "Aggregator")
PATIENCE_S = 90
"""How long validators may take for what they should come to, s, on a busy machine."""
_LOCAL = "127.0.0.1"
_STARTER = multiprocessing.get_context("forkserver")
"""Forks validators off a process that has imported all of it once: two seconds less for each."""
_STARTER.set_forkserver_preload(["tests.validators", "platone.bootstrap.validator"])


def wait_for(found: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    """Wait until there is something, and return it."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        with suppress(RpcUnavailable):
            if result := found():
                return result
        time.sleep(0.1)
    raise AssertionError(f"it did not come within {within_s} s")


def validator_process(told: list[str], log: Path, *, is_false: bool, versions: Path | None) -> None:
    """Be a validator: what `platone chain validator` is, in a process that has imported it."""
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    if is_false:
        _tell_another_state()
    if versions is not None:
        contract_version.VERSIONS = versions
    sys.argv = ["platone", *told]
    main()


def _tell_another_state() -> None:
    true = Application.execute

    def execute(self: Application, proposal: Proposal) -> tuple[Executed, dict[bytes, int], bytes]:
        executed, powers, app_hash = true(self, proposal)
        return executed, powers, bytes(32) if executed.block else app_hash

    Application.execute = execute  # type: ignore[method-assign]  # it is the one that cheats


class Validator:
    """A validator's folder and process.

    Its software is of this release, unless ``versions`` names the list of another one's contracts.

    Args:
        folder: Its folder.
        name: What people call the member.
        reached: Returns the port at which the others reach what listens at one: the same, where
            nothing stands between them.
    """

    def __init__(
        self, folder: Path, name: str, reached: Callable[[int], int] = lambda port: port
    ) -> None:
        self.program = program_or_skip("cometbft")
        self.folder, self.name = folder, name
        listening = free_port(_LOCAL)
        self.peers = f"{_LOCAL}:{listening}"
        self.port = free_port(_LOCAL)
        self.url = f"http://{_LOCAL}:{self.port}/rpc"
        self.rpc = HttpRpc(self.url)
        self.log = folder.with_suffix(".log")
        self.process: ForkServerProcess | None = None
        self.versions: Path | None = None
        init_member(folder, name, f"{_LOCAL}:{reached(listening)}")

    @property
    def member(self) -> Path:
        return self.folder / "member.json"

    def start(self, *, is_false: bool = False) -> None:
        """Start it; a false one tells another state than its transactions lead to."""
        told = ["chain", "validator", str(self.folder), "--peers", self.peers]
        told += ["--rpc", f"{_LOCAL}:{self.port}", "--cometbft", self.program]
        self.process = _STARTER.Process(
            target=validator_process,
            args=(told, self.log),
            kwargs={"is_false": is_false, "versions": self.versions},
        )
        self.process.start()

    def end(self, sent: int = signal.SIGINT) -> None:
        """End it, in order or as a power cut would; CometBFT ends with it."""
        if self.process is not None and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, sent)
            self.status_at_end(30)
            wait_for(lambda: not self.comet_processes(), 30)

    def status_at_end(self, within_s: float = PATIENCE_S) -> int | None:
        """Wait until it has ended, and return its status."""
        if self.process is None:
            return None
        self.process.join(within_s)
        return self.process.exitcode

    def comet_processes(self) -> list[int]:
        """Return the numbers of its CometBFT's processes: one, where it runs."""
        home = str(self.folder / "cometbft").encode()
        found = []
        for each in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if home in each.read_bytes().split(b"\0"):
                    found.append(int(each.parent.name))
        return found

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.rpc.call("platone_getStatus")
        return found

    def head(self) -> dict[str, Any]:
        found: dict[str, Any] = self.rpc.call("eth_getBlockByNumber", "latest")
        return found

    def send(self, key: SigningKey, nonce: int, to: bytes = b"\x11" * 20, data: bytes = b"") -> str:
        gas = 5_000_000 if data else 100_000
        body = Transaction(chain_id=CHAIN_ID, nonce=nonce, gas=gas, to=to, data=data)
        raw = body.sign(key).encode()
        found: str = self.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        return found

    def receipt(self, digest: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for a transaction's receipt."""
        found: dict[str, Any] = wait_for(
            lambda: self.rpc.call("eth_getTransactionReceipt", digest), within_s
        )
        return found


def ready(validators: Sequence[Validator]) -> None:
    """Wait until validators answer, and are connected to each other."""
    others = len(validators) - 1
    wait_for(lambda: all(len(each.status()["peers"]) >= others for each in validators))


@contextmanager
def consortium(
    folder: Path, names: Sequence[str] = NAMES, reached: Callable[[int], int] = lambda port: port
) -> Iterator[list[Validator]]:
    """Found a consortium, start its validators, and end all of them."""
    validators = [
        Validator(folder / f"member{place}", name, reached) for place, name in enumerate(names)
    ]
    file = folder / "consortium.json"
    found_consortium([each.member for each in validators], "test", CHAIN_ID, file)
    for each in validators:
        join_consortium(each.folder, file)
    try:
        for each in validators:
            each.start()
        ready(validators)
        yield validators
    finally:
        for each in validators:
            each.end(signal.SIGKILL)
