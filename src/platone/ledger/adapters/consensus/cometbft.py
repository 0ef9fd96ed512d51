"""CometBFT as a process beside the application: its files, its start and its end."""

import asyncio
import base64
import contextlib
import json
import logging
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ValidatorDiffers, ValidatorStopped
from platone.ledger.domain.membership import Member, validator_address

_log = logging.getLogger(__name__)
_SERIES = "0.38."
"""Versions of CometBFT whose interface to applications is the one that is spoken here."""
_STOP_S = 10.0
"""How long CometBFT may take to end, s; then it is killed."""
_BLOCK_BYTES = 4_194_304
"""Bytes of a block of CometBFT: its own default of a new chain."""
_LINE_BYTES = 1024 * 1024
"""Bytes of a line of its log: a stack of a failure has some 10 kB."""
_FAILURE = "CONSENSUS FAILURE"
"""Words in CometBFT's log where it cannot go on, whoever starts it again."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Where CometBFT listens, and where the application does.

    Attributes:
        application: The application's socket, a path.
        rpc: CometBFT's own interface, a socket's path.
        peers: Where other validators reach it: host and port.
    """

    application: Path
    rpc: Path
    peers: str


def check_program(program: str) -> None:
    """Check that CometBFT is there, of the series that the application speaks with.

    Raises:
        ValidatorStopped: It is not there, or of another series.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the program that the person names
            [program, "version"], check=False, capture_output=True, text=True, timeout=_STOP_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValidatorStopped(
            f"CometBFT cannot be run as {program!r} ({error}); name it with --cometbft"
        ) from error
    told = done.stdout.strip()
    if not told.startswith(_SERIES):
        raise ValidatorStopped(
            f"{program!r} is version {told[:40] or 'unknown'!r} of CometBFT, not {_SERIES}x"
        )


class CometBft:
    """CometBFT of one validator.

    Args:
        program: The program's path.
        home: Its folder, with the member's keys.
        doors: Where it listens.
    """

    def __init__(self, program: str, home: Path, doors: Doors) -> None:
        self._program = program
        self._home = home
        self._doors = doors
        self._process: asyncio.subprocess.Process | None = None
        self._is_ending = False

    def write_files(self, founding: Consortium, peers: Sequence[Member]) -> None:
        """Write its genesis and settings anew.

        Args:
            founding: The consortium as it was founded: all members come to the same genesis.
            peers: The other members now; it talks to nobody else.
        """
        config = self._home / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "genesis.json").write_bytes(_genesis(founding))
        (config / "config.toml").write_text(_settings(self._doors, peers), encoding="utf-8")

    async def run(self) -> None:
        """Start CometBFT, and wait until it ends.

        Raises:
                ValidatorStopped: It ended by itself; the detail holds why.
            ValidatorDiffers: It cannot go on: the others agreed something else.
        """
        self._doors.rpc.unlink(missing_ok=True)
        process = await asyncio.create_subprocess_exec(
            self._program,
            "start",
            "--home",
            str(self._home),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LINE_BYTES,
            start_new_session=True,
        )
        self._process, self._is_ending = process, False
        try:
            last = await self._follow(process)
            code = await process.wait()
        finally:
            await self._end(process)
        if self._is_ending:
            return
        raise ValidatorStopped(f"CometBFT ended with status {code}: {last or 'it said nothing'}")

    async def end(self) -> None:
        """End CometBFT, if it runs; ``run`` then returns."""
        self._is_ending = True
        if self._process is not None:
            await self._end(self._process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _follow(self, process: asyncio.subprocess.Process) -> str:
        """Pass its log on; return its last words, and end it where it cannot go on."""
        last = ""
        stream = process.stdout
        while stream is not None:
            try:
                line = (await stream.readline()).decode(errors="replace").strip()
            except ValueError:  # a line beyond the bound
                continue
            if not line:
                if stream.at_eof():
                    break
                continue
            last = _said(line)
            level = logging.DEBUG if self._is_ending else logging.WARNING
            _log.log(level, "CometBFT: %s", last)
            if _FAILURE in line:
                raise ValidatorDiffers(
                    f"This validator differs from what the others agreed, and stops: {last}"
                )
        return last


def _said(line: str) -> str:
    """Return the words of a line of CometBFT's log: message and error, without the rest."""
    try:
        found = json.loads(line)
    except ValueError:
        return line[:500]
    if not isinstance(found, dict):
        return line[:500]
    parts = (found.get("_msg") or found.get("msg"), found.get("err") or found.get("error"))
    return ": ".join(str(each)[:500] for each in parts if each) or line[:500]


def _genesis(founding: Consortium) -> bytes:
    validators = [
        {
            "address": validator_address(each.key).hex().upper(),
            "pub_key": {
                "type": "tendermint/PubKeyEd25519",
                "value": base64.b64encode(each.key).decode(),
            },
            "power": "1",
            "name": each.name,
        }
        for each in founding.founders
    ]
    content = {
        "genesis_time": founding.founded_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "chain_id": founding.ordered_chain,
        "initial_height": "1",
        "consensus_params": {
            "block": {"max_bytes": str(_BLOCK_BYTES), "max_gas": "-1"},
            "evidence": {
                "max_age_num_blocks": "100000",
                "max_age_duration": "172800000000000",
                "max_bytes": "1048576",
            },
            "validator": {"pub_key_types": ["ed25519"]},
            "version": {"app": "1"},
            "abci": {"vote_extensions_enable_height": "0"},
        },
        "validators": validators,
        "app_hash": "",
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _settings(doors: Doors, peers: Sequence[Member]) -> str:
    """Return its settings; what is not told has CometBFT's default."""
    ids = ",".join(each.node_id for each in peers)
    places = ",".join(f"{each.node_id}@{each.address}" for each in peers)
    return f"""# written by platone at each start
proxy_app = "unix://{doors.application}"
abci = "socket"
db_backend = "goleveldb"
log_level = "error"
log_format = "json"
filter_peers = false

[rpc]
laddr = "unix://{doors.rpc}"
max_body_bytes = 4000000

[p2p]
laddr = "tcp://{doors.peers}"
persistent_peers = "{places}"
unconditional_peer_ids = "{ids}"
private_peer_ids = "{ids}"
max_num_inbound_peers = 0
max_num_outbound_peers = 0
pex = false
persistent_peers_max_dial_period = "5s"
addr_book_strict = false
allow_duplicate_ip = true

[mempool]
size = 5000
max_txs_bytes = 67108864
max_tx_bytes = 1048576
cache_size = 10000
keep-invalid-txs-in-cache = false

[consensus]
timeout_propose = "2s"
timeout_propose_delta = "500ms"
timeout_prevote = "300ms"
timeout_prevote_delta = "300ms"
timeout_precommit = "300ms"
timeout_precommit_delta = "300ms"
timeout_commit = "200ms"
create_empty_blocks = false

[storage]
discard_abci_responses = false

[tx_index]
indexer = "null"
"""
