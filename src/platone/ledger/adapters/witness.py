"""A chain as a witness: what a proof claims, asked at an Ethereum JSON-RPC endpoint."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
from eth_hash.auto import keccak

from platone.kernel.errors import Kind, PlatoneError
from platone.ledger.domain.proof import Claims
from platone.ledger.domain.verification import Check

_TIMEOUT_S = 20.0
_WORD_DIGITS = 64
_HASHES_ONLY = (False,)  # the transactions need not come with the block


class ChainUnreachable(PlatoneError):
    """The JSON-RPC endpoint does not answer as one: check its address and its authority."""

    slug = "chain-unreachable"
    title = "The chain cannot be asked"
    kind = Kind.UNAVAILABLE


class ChainWitness:
    """Asks a chain.

    Args:
        url: The endpoint.
        authority: PEM file of the authority of its certificate; none for the system's own.
    """

    def __init__(self, url: str, authority: Path | None = None) -> None:
        self._url = url
        cafile = None if authority is None else str(authority)
        self._tls = ssl.create_default_context(cafile=cafile)

    def confirm(self, claims: Claims) -> list[Check]:
        """Compare a proof's claims with the chain's own answers.

        Raises:
            ChainUnreachable: The endpoint does not answer.
        """
        steps: list[tuple[str, Callable[[Claims], tuple[bool | None, str]]]] = [
            ("rpc chain", self._chain),
            ("rpc block", self._block),
            ("rpc receipt", self._receipt),
        ]
        if claims.device is not None:
            steps.append(("rpc device", self._device))
        checks = []
        for name, ask in steps:
            passed, detail = ask(claims)
            checks.append(Check(name=name, passed=passed, detail=detail))
        return checks

    def _chain(self, claims: Claims) -> tuple[bool, str]:
        found = int(self._call("eth_chainId"), 16)
        return found == claims.chain_id, f"The endpoint's chain is {found}."

    def _block(self, claims: Claims) -> tuple[bool, str]:
        block = self._call("eth_getBlockByNumber", hex(claims.block_number), *_HASHES_ONLY)
        if block is None:
            return False, f"The chain has no block {claims.block_number}."
        if block["hash"] != claims.block_hash:
            return False, f"The chain's block {claims.block_number} is {block['hash']}."
        return True, f"The chain has this very block {claims.block_number}."

    def _receipt(self, claims: Claims) -> tuple[bool, str]:
        receipt = self._call("eth_getTransactionReceipt", claims.transaction_hash)
        if receipt is None or receipt["blockHash"] != claims.block_hash:
            return False, "The chain does not have the transaction in that block."
        emitted = any(
            log["address"].lower() == claims.contract.lower()
            and claims.root in {*log["topics"], log["data"][: 2 + _WORD_DIGITS]}
            for log in receipt["logs"]
        )
        if not emitted:
            return False, f"The transaction made {claims.contract} emit no such event."
        return True, "The chain has the transaction, with this event of this contract."

    def _device(self, claims: Claims) -> tuple[bool | None, str]:
        """The node register; a chain of another make does not say where it is."""
        try:
            register = self._call("platone_getContracts")["NodeRegister"]
        except (ChainUnreachable, KeyError, TypeError):
            return None, "The endpoint does not say where its node register is: not asked."
        device = (claims.device or "").removeprefix("0x").lower()
        data = "0x" + keccak(b"is_registered(address)")[:4].hex() + device.zfill(_WORD_DIGITS)
        if int(self._call("eth_call", {"to": register, "data": data}, "latest"), 16):
            return True, f"Light Node {claims.device} is admitted in the chain's register."
        return False, f"Light Node {claims.device} is not, or no longer, in the chain's register."

    def _call(self, method: str, *params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = httpx.post(self._url, json=body, verify=self._tls, timeout=_TIMEOUT_S)
            content = msgspec.json.decode(answer.content)
            return content["result"]
        except (httpx.HTTPError, msgspec.DecodeError, KeyError, TypeError) as error:
            raise ChainUnreachable(f"{self._url} does not answer {method}: {error!r}") from error
