"""Ethereum's JSON-RPC at a validator: it reads its chain, and takes transactions.

Beside Ethereum's methods there are some of ours: `platone_getSeal` gives the validators' signatures
of a block, `platone_getConsortium` the consortium's file, `platone_getStatus` how the validator
stands, `platone_getUpgrades` which contracts' codes are agreed from which block on, and
`platone_changeMembers` hands an agreed change over.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from eth_hash.auto import keccak

from platone.ledger.adapters.consensus.client import CometClient
from platone.ledger.adapters.consensus.mempool import MAX_GAS
from platone.ledger.adapters.consensus.order import change_order, read_order
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm.dry_run import Allowance
from platone.ledger.adapters.evm.reads import ChainReads
from platone.ledger.adapters.evm.rpc_mapping import octets, read_octets
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.membership import Change
from platone.ledger.domain.problem import RpcError, RpcUnavailable, TransactionRefused
from platone.ledger.service.json_rpc import INTERNAL_ERROR, INVALID_PARAMS, Method

_REFUSED = -32000
"""The code that Ethereum's nodes give a transaction that they do not take."""
_ALREADY = "already exists in cache"
"""CometBFT's word about a transaction that it has already."""
_TRIED = Allowance(MAX_GAS, creations=True)
"""The bounds of calls that change nothing: whoever may send a transaction may try it before."""


class ValidatorDoor:
    """The methods of a validator.

    Args:
        store: A reader of its chain.
        comet: CometBFT beside it.
        founding: The consortium as it was founded.
        version: What web3_clientVersion answers.
    """

    def __init__(
        self, store: ValidatorStore, comet: CometClient, founding: Consortium, version: str
    ) -> None:
        self._store = store
        self._comet = comet
        self._known = founding
        self._reads = ChainReads(store, founding.chain_id, version, _TRIED)

    def methods(self) -> Mapping[str, Method]:
        """Return all methods by their names on the wire."""
        return {
            **self._reads.methods(),
            "eth_sendRawTransaction": self.send_raw_transaction,
            "platone_getSeal": self.get_seal,
            "platone_getConsortium": self.get_consortium,
            "platone_getStatus": self.get_status,
            "platone_getUpgrades": self.get_upgrades,
            "platone_changeMembers": self.change_members,
        }

    def send_raw_transaction(self, raw: object) -> str:
        """Hand a signed transaction over to the validators, and return its hash."""
        content = read_octets(raw)
        try:
            order = read_order(content)
        except (TransactionRefused, ConsortiumInvalid) as error:
            raise RpcError(_REFUSED, error.detail) from error
        if isinstance(order, Change):
            raise RpcError(INVALID_PARAMS, "an agreed change goes to platone_changeMembers")
        digest = keccak(content)
        if self._store.place(digest) is None:
            self._send(content)
        return octets(digest)

    def get_seal(self, digest: object) -> str | None:
        """Return the seal of a block: its validators' signatures; null until they are there."""
        block = self._store.by_hash(read_octets(digest, 32))
        if block is None:
            return None
        height = 0 if block.number == 0 else self._store.height_of(block.number)
        if height is None:
            return None
        try:
            seal = self._comet.seal(height + 1, self._consortium())
        except RpcUnavailable as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        return None if seal is None else octets(seal.encode())

    def get_consortium(self) -> Any:
        """Return the consortium's file."""
        return self._consortium().told()

    def get_upgrades(self) -> list[Any]:
        """Return the agreed upgrades of contracts, those to come among them."""
        upgrades = self._consortium().upgrades.items()
        return [
            {"change": number, "upgrade": msgspec.to_builtins(each)} for number, each in upgrades
        ]

    def get_status(self) -> dict[str, object]:
        """Return how the validator stands."""
        consortium = self._consortium()
        try:
            (height, is_behind), nodes = self._comet.status(), self._comet.peers()
        except RpcUnavailable as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        head = self._store.head()
        names = {each.node_id: each.name for each in consortium.members}
        return {
            "height": height,
            "blockNumber": None if head is None else head.number,
            "catchingUp": is_behind,
            "peers": sorted(names.get(node, node) for node in nodes),
            "members": [each.name for each in consortium.members],
            "consortium": consortium.address,
        }

    def change_members(self, change: object) -> int:
        """Hand an agreed change over; return its number."""
        try:
            wanted = msgspec.convert(change, Change)
            self._consortium().changed(wanted)
        except msgspec.ValidationError as error:
            raise RpcError(INVALID_PARAMS, f"this is no change of the members: {error}") from error
        except ConsortiumInvalid as error:
            raise RpcError(_REFUSED, error.detail) from error
        self._send(change_order(wanted))
        return wanted.number

    def _send(self, content: bytes) -> None:
        try:
            code, said = self._comet.send(content)
        except RpcUnavailable as error:
            if _ALREADY in str(error):
                return
            raise RpcError(_REFUSED, str(error)) from error
        if code:
            raise RpcError(_REFUSED, said)

    def _consortium(self) -> Consortium:
        known = self._known
        for change in self._store.changes()[len(known.changes) :]:
            known = known.changed(change)
        self._known = known
        return known
