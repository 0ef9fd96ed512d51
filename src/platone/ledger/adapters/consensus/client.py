"""A client of CometBFT's own interface, at its socket on this machine."""

import base64
import itertools
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from platone.ledger.domain import protobuf
from platone.ledger.domain.commit_seal import CommitSeal, Vote, with_sound_votes
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.membership import Member, validator_address
from platone.ledger.domain.problem import RpcUnavailable

_TIMEOUT_S = 20.0
"""CometBFT answers within milliseconds; while the application executes a block, within seconds."""
_STARTING_S, _PAUSE_S = 5.0, 0.2
"""How long CometBFT may take to start before it is taken for away, s, and the pause between two
tries: a new start takes one to two seconds."""
_FOR_BLOCK = 2
"""The mark of a vote for the block, and not for none."""


class CometClient:
    """Asks the CometBFT beside the application.

    Args:
        socket: Its interface's socket.
    """

    def __init__(self, socket: Path) -> None:
        transport = httpx.HTTPTransport(uds=str(socket))
        self._http = httpx.Client(transport=transport, timeout=_TIMEOUT_S)
        self._ids = itertools.count(1)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def send(self, content: bytes) -> tuple[int, str]:
        """Hand a transaction over; return the code and the words of its check.

        Raises:
            RpcUnavailable: CometBFT does not answer, or does not take it; says why.
        """
        found = self._call("broadcast_tx_sync", tx=base64.b64encode(content).decode())
        return int(found["code"]), str(found.get("log", ""))

    def status(self) -> tuple[int, bool]:
        """Return the newest height, and whether earlier ones are still being fetched.

        Raises:
            RpcUnavailable: CometBFT does not answer.
        """
        found = self._call("status")["sync_info"]
        return int(found["latest_block_height"]), bool(found["catching_up"])

    def peers(self) -> list[str]:
        """Return the nodes that it is connected to.

        Raises:
            RpcUnavailable: CometBFT does not answer.
        """
        return [each["node_info"]["id"] for each in self._call("net_info")["peers"]]

    def seal(self, height: int, consortium: Consortium) -> CommitSeal | None:
        """Return the validators' signatures at a height; None where it is not agreed yet.

        Raises:
            RpcUnavailable: CometBFT does not answer.
        """
        if self.status()[0] < height:
            return None
        found = self._call("commit", height=str(height))["signed_header"]
        commit, block = found["commit"], found["commit"]["block_id"]
        keys = {validator_address(each.key): each.key for each in _all_members(consortium)}
        votes = tuple(
            Vote(
                keys[bytes.fromhex(each["validator_address"])],
                *_instant(each["timestamp"]),
                base64.b64decode(each["signature"]),
            )
            for each in commit["signatures"]
            if each["block_id_flag"] == _FOR_BLOCK
        )
        seal = CommitSeal(
            consortium.encode(),
            _leaves(found["header"]),
            int(commit["round"]),
            int(block["parts"]["total"]),
            bytes.fromhex(block["parts"]["hash"]),
            votes,
        )
        return with_sound_votes(seal)

    def _call(self, method: str, **params: object) -> Any:
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        try:
            answer = self._posted(request).json()
        except (httpx.HTTPError, ValueError) as error:
            raise RpcUnavailable(f"CometBFT gives no answer ({error!r})") from error
        if not isinstance(answer, dict) or "result" not in answer:
            said = answer.get("error", answer) if isinstance(answer, dict) else answer
            told = said.get("data") or said.get("message") if isinstance(said, dict) else said
            raise RpcUnavailable(str(told))
        return answer["result"]

    def _posted(self, request: object) -> httpx.Response:
        """Send a request; where nobody listens, wait a little: CometBFT may be starting anew."""
        until_s = time.monotonic() + _STARTING_S
        while True:
            try:
                return self._http.post("http://cometbft/", json=request)
            except httpx.ConnectError:
                if time.monotonic() > until_s:
                    raise
            time.sleep(_PAUSE_S)


def _all_members(consortium: Consortium) -> list[Member]:
    """Return whoever is or was a member."""
    return [each for members in consortium.epochs for each in members]


def _leaves(header: dict[str, Any]) -> tuple[bytes, ...]:
    """Return the fields of a header as they are hashed (CometBFT's Header.Hash)."""
    version, last = header["version"], header["last_block_id"]
    parts = protobuf.number(1, int(last["parts"]["total"])) + _hex(2, last["parts"]["hash"])
    return (
        protobuf.number(1, int(version.get("block", 0)))
        + protobuf.number(2, int(version.get("app", 0))),
        protobuf.text(1, header["chain_id"]),
        protobuf.number(1, int(header["height"])),
        protobuf.timestamp(*_instant(header["time"])),
        _hex(1, last["hash"]) + protobuf.inner(2, parts),
        *(
            _hex(1, header[name])
            for name in (
                "last_commit_hash",
                "data_hash",
                "validators_hash",
                "next_validators_hash",
                "consensus_hash",
                "app_hash",
                "last_results_hash",
                "evidence_hash",
                "proposer_address",
            )
        ),
    )


def _hex(field: int, value: str) -> bytes:
    return protobuf.octets(field, bytes.fromhex(value))


def _instant(text: str) -> tuple[int, int]:
    """Return seconds since 1970 and nanoseconds of a time with up to nine digits of a second."""
    whole, _, part = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds, int(part.ljust(9, "0")) if part else 0
