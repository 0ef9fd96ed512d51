"""The contracts as the use cases know them: calls become transactions, events become answers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from eth_hash.auto import keccak

from platone.kernel.signature import SigningKey, checksum_address
from platone.ledger.adapters.evm.chain import Intent, Outcome, account
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.adapters.evm.view import ContractView, FoundLog, call_data, logs_at
from platone.ledger.adapters.evm.writer import ChainWriter
from platone.ledger.domain.event import (
    AGREEMENT_SETTLED,
    ANCHORED,
    AgreementSettled,
    label,
    read_event,
)
from platone.ledger.domain.problem import (
    ContractRefused,
    EvidenceInvalid,
    ProofImpossible,
)
from platone.ledger.domain.proof import Proof, tohex
from platone.ledger.domain.trie import list_proof
from platone.ledger.domain.verification import with_claims
from platone.ledger.service.ports import DueEntry, NodeEntry, Settled, Terms, charges_of

_ENTRY = "(uint256,bytes32,uint256)"
_CHARGE = "(address,int256)"
_ENDED_AT = 5
"""The place of its end in an agreement as the contract gives it."""
_TERMS = "uint256,uint256,uint256,uint256"
_MADE = keccak(f"AgreementMade(bytes32,address,address,{_TERMS},address)".encode())
_REGISTERED = keccak(b"NodeRegistered(address,address)")
_REVOKED = keccak(b"NodeRevoked(address,address)")


class ContractGateway:
    """The ledger's contracts over one chain.

    Args:
        writer: Makes transactions.
        view: Reads state and events.
        deployment: Where the contracts stand.
    """

    def __init__(self, writer: ChainWriter, view: ContractView, deployment: Deployment) -> None:
        self._writer = writer
        self._view = view
        self._at = deployment
        self.agreement_contract = checksum_address(deployment.agreement)

    async def anchor(self, certifier: SigningKey, root: bytes, kind: str, count: int) -> bytes:
        """Anchor a root, and return the transaction; one anchored before is found again."""
        signature = "anchor(bytes32,bytes32,uint256)"
        values = (root, label(kind), count)
        return await self._once(
            certifier, self._at.certification, signature, values, (ANCHORED, root)
        )

    async def anchored_at(self, root: bytes) -> datetime | None:
        """Return when a root was first anchored; none where it was not."""
        found = await asyncio.to_thread(self._view.events, self._at.certification, ANCHORED, root)
        if not found:
            return None
        return datetime.fromtimestamp(found[0].block.decoded_header.timestamp, UTC)

    async def make_agreement(self, sender: SigningKey, terms: Terms) -> bytes:
        """Make an agreement, and return the transaction; one made before is found again."""
        signature = f"make_agreement(uint256,address,address,{_TERMS})"
        values = (
            int.from_bytes(terms.holder.tag),
            terms.holder.account,
            terms.holder.wallet,
            terms.holder.customer_share_ppm,
            terms.penalty_price,
            terms.least_delivery_ppm,
            terms.full_delivery_ppm,
        )
        event = _MADE, terms.holder.agreement
        return await self._once(sender, self._at.agreement, signature, values, event)

    async def end_agreement(self, operator: SigningKey, agreement: bytes) -> bytes:
        """End an agreement, and return the transaction's hash."""
        signature = "end_agreement(bytes32)"
        outcome = await self._send(operator, self._at.agreement, signature, (agreement,))
        return outcome.transaction

    async def ended_at(self, agreement: bytes) -> datetime | None:
        """Return when an agreement ended; none where it stands, or was never made."""
        gives = ("address", "address", *("uint256",) * 6)
        kept = await self._ask(self._at.agreement, "agreements(bytes32)", (agreement,), gives)
        return datetime.fromtimestamp(kept[_ENDED_AT], UTC) if kept[_ENDED_AT] else None

    async def next_line(self, agreement: bytes) -> int:
        """Return the number that an agreement's next line has; 0 where there is no agreement."""
        signature = "next_line(bytes32)"
        found = await self._ask(self._at.agreement, signature, (agreement,), ("uint256",))
        return int(found[0])

    async def settle(
        self, operator: SigningKey, batch: bytes, entries: Sequence[DueEntry]
    ) -> bytes:
        """Settle entries and charge who asked, all or nothing, and return the transaction."""
        payees = list(dict.fromkeys(each.payee for each in entries))
        values = [
            (each.holder.word, each.root, each.numbers(payees.index(each.payee)).word)
            for each in entries
        ]
        signature = f"settle(bytes32,uint256[],{_ENTRY}[],{_CHARGE}[])"
        charges = sorted(charges_of(entries).items())
        call = (batch, payees, values, charges)
        outcome = await self._send(operator, self._at.agreement, signature, call)
        return outcome.transaction

    async def settled(self, batch: bytes) -> list[Settled]:
        """Return the entries that were settled under a batch's name."""
        logs = await asyncio.to_thread(
            self._view.events, self._at.agreement, AGREEMENT_SETTLED, batch
        )
        events = [(read_event(found.log), found.transaction) for found in logs]
        return [Settled(event, at) for event, at in events if isinstance(event, AgreementSettled)]

    async def charged(self, requester: str) -> int:
        """Return the charges of a requester, 1e-18 EUR; negative: it is due money."""
        signature = "charged(address)"
        found = await self._ask(self._at.agreement, signature, (requester,), ("int256",))
        return int(found[0])

    async def owed(self, agreement: bytes) -> int:
        """Return the debt of the aggregator of an agreement from it, 1e-18 EUR."""
        signature = "owed(bytes32)"
        found = await self._ask(self._at.agreement, signature, (agreement,), ("uint256",))
        return int(found[0])

    async def supply(self) -> int:
        """Return the sum of all tokens, 1e-18 token."""
        return int((await self._ask(self._at.agreement, "totalSupply()", (), ("uint256",)))[0])

    async def balance(self, holder: str) -> int:
        """Return the balance of an account, 1e-18 token."""
        found = await self._ask(self._at.agreement, "balanceOf(address)", (holder,), ("uint256",))
        return int(found[0])

    async def register_node(self, registrar: SigningKey, device: str) -> None:
        """Admit a device."""
        await self._send(registrar, self._at.node_register, "register(address)", (device,))

    async def revoke_node(self, registrar: SigningKey, device: str) -> None:
        """Withdraw a device for good."""
        await self._send(registrar, self._at.node_register, "revoke(address)", (device,))

    async def node(self, device: str) -> NodeEntry | None:
        """Return a device's entry in the register."""
        gives = ("uint256", "uint256", "address", "address")
        entry = await self._ask(self._at.node_register, "nodes(address)", (device,), gives)
        if not entry[0]:
            return None
        about = account(device).rjust(32, b"\0")
        name = _REVOKED if entry[1] else _REGISTERED
        found = await self._find(self._at.node_register, name, about)
        return NodeEntry(
            datetime.fromtimestamp(entry[0], UTC),
            datetime.fromtimestamp(entry[1], UTC) if entry[1] else None,
            b"" if found is None else found.transaction,
        )

    async def prove(self, draft: Proof, transaction: bytes, root: bytes) -> Proof:
        """Complete a proof with the chain's evidence that an event holds this root."""
        return await asyncio.to_thread(self._prove, draft, transaction, root)

    def _prove(self, draft: Proof, transaction: bytes, root: bytes) -> Proof:
        place = self._view.block_of(transaction)
        if place is None:
            raise LookupError(f"The chain holds no transaction {transaction.hex()}.")
        block, position = place
        index = next(
            (found.index for found in logs_at(block, position) if _root_of(found) == root), None
        )
        if index is None:
            raise LookupError(f"Transaction {transaction.hex()} emitted no event of this root.")
        proof = msgspec.structs.replace(
            draft,
            log_index=index,
            transaction_index=position,
            transaction_proof=[tohex(node) for node in list_proof(block.transactions, position)],
            receipt_proof=[tohex(node) for node in list_proof(block.receipts, position)],
            header=tohex(block.header),
            seal=tohex(block.seal),
        )
        try:
            return with_claims(proof)
        except EvidenceInvalid as error:
            raise ProofImpossible(str(error)) from error

    async def _once(
        self,
        sender: SigningKey,
        contract: bytes,
        signature: str,
        values: Sequence[object],
        event: tuple[bytes, bytes],
    ) -> bytes:
        """Send what a contract takes once only; where that was done before, find it again."""
        found = await self._find(contract, *event)
        if found is not None:
            return found.transaction
        return (await self._send(sender, contract, signature, values)).transaction

    async def _send(
        self, sender: SigningKey, contract: bytes, signature: str, values: Sequence[object]
    ) -> Outcome:
        data = call_data(signature, values)
        outcome = await self._writer.submit(Intent(sender, contract, data))
        if not outcome.succeeded:
            reason = revert_reason(outcome.output) or "it gave no reason"
            raise ContractRefused(reason, transactionHash=tohex(outcome.transaction))
        return outcome

    async def _ask(
        self, contract: bytes, signature: str, values: Sequence[object], gives: Sequence[str]
    ) -> tuple[Any, ...]:
        return await asyncio.to_thread(self._view.call, contract, signature, values, gives)

    async def _find(self, contract: bytes, topic: bytes, about: bytes) -> FoundLog | None:
        found = await asyncio.to_thread(self._view.events, contract, topic, about)
        return found[-1] if found else None


def _root_of(found: FoundLog) -> bytes | None:
    event = read_event(found.log)
    return None if event is None else event.root
